"""Whether two sets of manifests say the same: same.py ONE OTHER. What kustomize adds to names of ConfigMaps, and the checksum of a
configuration, which it replaces by that name, are left out."""

import re
import sys

import yaml


def documents(path):
    text = re.sub(r"\b(leakwatch-config)-[a-z0-9]{10}\b", r"\1", open(path).read())
    found = {}
    for document in filter(None, yaml.safe_load_all(text)):
        if document["kind"] == "Namespace":
            continue
        document["metadata"].setdefault("namespace", "leakwatch")
        if document["kind"] == "ConfigMap" and "leakwatch.yaml" in document["data"]:
            document.pop("metadata")
            document["data"]["leakwatch.yaml"] = yaml.safe_load(document["data"]["leakwatch.yaml"])
            found["configuration"] = document
            continue
        annotations = document.get("spec", {}).get("template", {}).get("metadata", {}).get("annotations", {})
        annotations.pop("checksum/config", None)
        pod = document.get("spec", {}).get("template", {}).get("spec", {})
        for listed in [pod.get("volumes", [])] + [c.get("volumeMounts", []) for c in pod.get("containers", [])]:
            listed.sort(key=lambda one: one["name"])
        found[f"{document['kind']} {document['metadata']['name']}"] = document
    return found


one, other = map(documents, sys.argv[1:])
differ = sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))
if differ:
    sys.exit(f"{sys.argv[1]} and {sys.argv[2]} differ in: {', '.join(differ)}")
print(f"{len(one)} documents are the same")
