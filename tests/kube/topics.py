"""Reads manifests that tests/kube/check rendered, and checks that Strimzi is asked for what the configuration says."""

import sys

import yaml

documents = [document for document in yaml.safe_load_all(sys.stdin) if document]
topics = {d["spec"]["topicName"]: d["spec"] for d in documents if d["kind"] == "KafkaTopic"}
users = {d["metadata"]["name"]: d["spec"]["authorization"]["acls"] for d in documents if d["kind"] == "KafkaUser"}
DAY = 86_400_000


def kept(name):
    return int(topics[name]["config"]["retention.ms"])


activity, findings = topics["shop_activity"], topics["SIEM.findings"]
assert (activity["partitions"], activity["replicas"], kept("shop_activity")) == (32, 2, 40 * DAY), activity
assert (findings["partitions"], kept("SIEM.findings")) == (1, kept("leakwatch.incidents")), findings
assert all(topic["config"]["min.insync.replicas"] == "1" for topic in topics.values()), "two copies, of which one may be away"
assert kept("leakwatch.heartbeats") == DAY and len(topics) == 9, sorted(topics)


def may(user, name):
    found = [acl for acl in users[f"leakwatch-{user}"] if acl["resource"]["name"] == name]
    return sorted(operation for acl in found for operation in acl["operations"])


assert may("sinks", "SIEM.findings") == ["Describe", "Write"] and not may("detect", "SIEM.findings")
assert may("ingest", "egress") == ["Describe", "DescribeConfigs", "Read"] and not may("sinks", "egress")
assert may("detect", "leakwatch-shop-prod-detect") == ["Read"] and not may("detect", "leakwatch-shop-prod-sinks")
print(f"{len(topics)} topics, {len(users)} users")
