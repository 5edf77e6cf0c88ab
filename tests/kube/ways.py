"""Reads manifests, and checks by which ports detect pods reach what they alone need: ways.py FILE PORT,PORT…"""

import sys

import yaml

file, wanted = sys.argv[1:]
policies = {d["metadata"]["name"]: d for d in yaml.safe_load_all(open(file)) if d and d["kind"] == "NetworkPolicy"}


def ways(part):
    rules = policies[f"leakwatch-{part}"]["spec"]["egress"]
    return [str(port["port"]) for rule in rules for port in rule["ports"]]


# Ingest pods reach Kafka and the resolver: what detect pods have beyond that is for their state.
known = ways("ingest")
found = ways("detect")
assert found[: len(known)] == known, found
assert ",".join(found[len(known) :]) == wanted, f"{file}: expected {wanted}, found {found}"
print(f"{file.rsplit('/', 1)[-1]}: {wanted or 'none'}")
