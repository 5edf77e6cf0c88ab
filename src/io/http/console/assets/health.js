// How well this process itself is.

import { get } from "./api.js";
import { figures, h, number, table } from "./dom.js";

/// Prometheus's text format: name, labels, value.
function samples(text) {
  const lines = text.split("\n").filter((line) => line && !line.startsWith("#"));
  return lines.map((line) => /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line)).filter(Boolean)
    .map(([, name, labels, value]) => ({ name, labels: labels ?? "", value: Number(value) }));
}

export async function showHealth() {
  const { not_ready: notReady, stuck, metrics } = await get("health");
  const all = samples(metrics);
  const of = (name) => all.filter((sample) => sample.name === `leakwatch_${name}`);
  const sum = (name) => number(of(name).reduce((total, sample) => total + sample.value, 0));
  const age = (name) => {
    const newest = Math.max(0, ...of(name).map((sample) => sample.value));
    return newest === 0 ? "none here" : `${number(Math.round(Date.now() / 1000 - newest))} s old`;
  };
  const rows = ["lag_records", "records_total", "rejected_total", "sink_lines_total", "open_incidents", "filter_identifiers"]
    .flatMap((name) => of(name).map((sample) => [name.replaceAll("_", " "), sample.labels.replaceAll('"', ""), number(sample.value)]));
  const trouble = [...new Set([...stuck, ...notReady])];
  return h("article", {}, h("h1", {}, trouble.length === 0 ? "Healthy" : "Not ready"),
    trouble.length > 0 && h("ul", { class: "card" }, trouble.map((reason) => h("li", {}, reason))),
    h("section", { class: "card" }, figures([["records behind", sum("lag_records")], ["source records", sum("records_total")], ["rejected", sum("rejected_total")],
      ["customer filter", age("filter_timestamp_seconds"), true], ["last snapshot", age("snapshot_timestamp_seconds"), true]])),
    h("section", { class: "card" }, h("h2", {}, "This process"), table([["figure"], ["of"], ["value", "number"]], rows)),
    h("p", { class: "muted" }, "Other processes of the deployment say the same on their own /metrics."));
}
