// The rules, and for one of them what another limit would raise.

import { get } from "./api.js";
import { h, number, table } from "./dom.js";
import { slider } from "./slider.js";

const shownLimit = (limit) => (limit === null ? "–" : number(limit));

function ruleRow(rule) {
  const { right, judged } = rule.precision ?? {};
  return [h("a", { href: `#/rules/${rule.id}` }, rule.id), rule.title, rule.mode === "live" ? "" : h("span", { class: "tag calm" }, rule.mode),
    shownLimit(rule.limits.warning), shownLimit(rule.limits.page), rule.window, number(rule.recorded.length),
    judged ? `${right} of ${judged}` : "not judged"];
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
