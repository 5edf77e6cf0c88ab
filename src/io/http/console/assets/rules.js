// The rules, and for one of them: what another limit would have left of the incidents that were raised.

import { get } from "./api.js";
import { byLimit } from "./chart.js";
import { h, number, table } from "./dom.js";

const STEPS = 60;
const WEEK = 7 * 86400 * 1000;
const lowest = ({ info, warning, page }) => Math.min(...[info, warning, page].filter((limit) => limit !== null));
const shownLimit = (limit) => (limit === null ? "–" : number(limit));

function ruleRow(rule) {
  const { right, judged } = rule.precision ?? {};
  return [h("a", { href: `#/rules/${rule.id}` }, rule.id), rule.title, rule.mode === "live" ? "" : h("span", { class: "tag calm" }, rule.mode),
    shownLimit(rule.limits.warning), shownLimit(rule.limits.page), rule.window, number(rule.recorded.length),
    judged ? `${right} of ${judged}` : "not judged"];
}

function weeks(recorded) {
  const times = recorded.map((one) => Date.parse(one.time));
  return Math.max(1, (Math.max(...times) - Math.min(...times)) / WEEK);
}

function slider(rule) {
  const peaks = rule.recorded.map((one) => one.peak);
  const from = lowest(rule.limits);
  const section = (...content) => h("section", { class: "card", id: "slider" }, h("h2", {}, "Another limit"), ...content);
  if (peaks.length === 0 || !Number.isFinite(from)) return section(h("p", { class: "muted" }, "It has raised nothing that is kept, so there is nothing to compare with."));
  const least = Math.min(from, ...peaks);
  const limits = Array.from({ length: STEPS + 1 }, (_, at) => least + ((Math.max(...peaks) * 1.05 - least) * at) / STEPS);
  const span = weeks(rule.recorded);
  const weekly = limits.map((limit) => peaks.filter((peak) => peak >= limit).length / span);
  const box = h("div", { class: "chart", role: "img", "aria-label": "Incidents a week by limit" });
  const told = h("p", { role: "status", id: "would" });
  const range = h("input", { type: "range", id: "limit", min: "0", max: String(STEPS), value: "0" });
  const move = () => {
    const at = Number(range.value);
    const missed = rule.recorded.filter((one) => one.peak < limits[at]);
    const lost = missed.reduce((sum, one) => sum + one.overlap, 0);
    told.textContent = `At ${number(Math.round(limits[at]))}: ${number(weekly[at])} incidents a week; ${number(missed.length)} that were raised would not have been, with ${number(lost)} customers that were read and sent.`;
    box.replaceChildren();
    if (box.clientWidth > 0) byLimit(box, limits, weekly, at);
  };
  range.addEventListener("input", move);
  requestAnimationFrame(move);
  return section(h("label", { for: "limit" }, "Limit"), range, told, box,
    h("p", { class: "muted small" }, "From the incidents that were raised, so it can say what a higher limit would have left, and nothing of a lower one."));
}

export async function showRules(id, old) {
  // A slider that is being moved is not taken away.
  if (old && id) return null;
  const { rules } = await get("rules");
  const chosen = rules.filter((rule) => rule.id === id);
  const heads = [["rule"], ["raises where"], [""], ["warns at", "number"], ["pages at", "number"], ["within"], ["raised", "number"], ["right"]];
  const one = chosen[0];
  return h("article", {}, h("h1", {}, one ? one.title : "Rules"),
    one && h("p", { class: "muted" }, `${one.id}: counts ${one.measure} by ${one.by} within ${one.window}. `,
      one.floor === null ? "" : `A baseline may tighten it, never below ${number(one.floor)}. `, h("a", { href: "#/rules" }, "All rules")),
    one && slider(one),
    h("section", { class: "card" }, table(heads, (one ? chosen : rules).map(ruleRow))));
}
