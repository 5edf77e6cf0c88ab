// The list of cases: what is open first, each with its sentence.

import { get } from "./api.js";
import { h, number, severity, time, verdicts } from "./dom.js";

export function caseLink(one) {
  const { customers, judgement } = one;
  const leaving = customers.overlap > 0 ? `${number(customers.overlap)} read and sent` : null;
  return h("li", {}, h("a", { href: `#/cases/${one.case}`, class: one.open ? one.severity : "over" },
    h("span", { class: "meta" }, severity(one.severity, one.open), h("span", {}, one.title), time(one.last)),
    h("strong", {}, one.summary),
    h("span", { class: "meta" },
      h("span", {}, `${number(one.incidents)} incident${one.incidents === 1 ? "" : "s"}: ${one.rules.join(", ")}`),
      h("span", {}, one.actors_total > 1 ? `${number(one.actors_total)} accounts` : one.actors[0] ?? ""),
      leaving && h("span", {}, leaving),
      judgement && h("span", { class: "tag calm" }, `judged: ${verdicts[judgement.verdict]}`))));
}

const list = (cases) => h("ul", { class: "cases" }, cases.map(caseLink));

export async function showCases() {
  const { deployment, caught_up: caughtUp, cases } = await get("cases");
  document.getElementById("deployment").textContent = deployment;
  const open = cases.filter((one) => one.open);
  const over = cases.filter((one) => !one.open);
  const pages = open.filter((one) => one.severity === "page").length;
  const heading = open.length === 0 ? "No open cases" : `${open.length} open, ${pages} of them to act on now`;
  const calm = caughtUp ? "Nothing is open. Cases appear here as they are raised." : "The incidents topic is still being read.";
  return h("div", {},
    h("h1", {}, heading),
    open.length > 0 ? list(open) : h("p", { class: "card empty" }, h("strong", {}, "All quiet"), calm),
    over.length > 0 && h("section", {}, h("h2", {}, "Over"), list(over)));
}
