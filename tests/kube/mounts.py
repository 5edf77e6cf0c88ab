"""Reads manifests, and says for each part what is under /etc/leakwatch/kafka, and from where."""

import sys

import yaml

documents = [document for document in yaml.safe_load_all(sys.stdin) if document]
maps = {d["metadata"]["name"]: d["data"] for d in documents if d["kind"] == "ConfigMap"}


def told(source):
    if "secret" in source:
        items = ", ".join(item["key"] for item in source["secret"]["items"])
        return f"Secret {source['secret']['name']}: {items}"
    name, item = source["configMap"]["name"], source["configMap"]["items"][0]
    return f"ConfigMap {name}: {item['key']} as {item['path']} = {maps[name][item['key']]}"


for document in sorted(documents, key=lambda d: d["metadata"]["name"]):
    if document["kind"] not in ("Deployment", "StatefulSet"):
        continue
    pod = document["spec"]["template"]["spec"]
    mounted = [m["name"] for m in pod["containers"][0]["volumeMounts"] if m["mountPath"] == "/etc/leakwatch/kafka"]
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    assert bool(mounted) == ("kafka" in volumes), document["metadata"]["name"]
    part = document["metadata"]["labels"]["app.kubernetes.io/component"]
    if not mounted:
        print(f"{part}: nothing")
    elif "secret" in volumes["kafka"]:
        print(f"{part}: all of Secret {volumes['kafka']['secret']['secretName']}")
    else:
        print(f"{part}: " + ", ".join(told(source) for source in volumes["kafka"]["projected"]["sources"]))
