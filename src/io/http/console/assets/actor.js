// An account: its incidents, and how far each count went beyond its limit.

import { get } from "./api.js";
import { h, number, severity, table, time } from "./dom.js";

export async function showActor(actor) {
  const { told } = await get(`actors/${encodeURIComponent(actor)}`);
  const row = ({ line, open, peak, case: id }) => [severity(line.severity, open), h("a", { href: `#/rules/${line.rule}` }, line.rule),
    number(line.observed), number(peak), number(line.threshold), line.window, time(line.time), h("a", { href: `#/cases/${id}` }, "case")];
  return h("article", {}, h("h1", {}, actor),
    told.length === 0 ? h("p", { class: "card empty" }, "No incident names this account.")
      : h("section", { class: "card" }, table([[""], ["rule"], ["count", "number"], ["most", "number"], ["limit", "number"], ["within"], ["last"], [""]], told.map(row))),
    h("p", { class: "muted" }, "Every rule's count and limit, also where nothing was raised: ",
      h("code", {}, `leakwatch explain --actor ${actor} --at …`)));
}
