// An account: its incidents, and of every rule its count and limit now.

import { get, post } from "./api.js";
import { h, number, severity, table, time } from "./dom.js";

const RANK = ["fires", "shadow", "too_few_actors", "excepted", "below_limit", "no_limit", "off"];
const limits = ({ info, warning, page }) => [["info", info], ["warns", warning], ["pages", page]]
  .filter(([, limit]) => limit !== null).map(([name, limit]) => `${name} at ${number(limit)}`).join(", ") || "–";
const from = { default: "everybody's", kind: "its kind's", role: "its role's", team: "its team's", actor: "its own", leaving: "leavers'" };

function why({ verdict: { verdict, severity: level, wanted } }) {
  switch (verdict) {
    case "fires": return severity(level);
    case "shadow": return h("span", { class: "tag calm" }, "shadow");
    case "too_few_actors": return `fewer than ${number(wanted)} accounts`;
    case "excepted": return "an exception lets it off";
    case "below_limit": return "below its limit";
    case "no_limit": return "no limit for it";
    default: return "switched off";
  }
}

function ordinary({ baseline, baseline_limit: limit }) {
  if (!baseline || limit === null) return "";
  const { own, peers } = baseline;
  const known = [own && `own at most ${number(own.max)} in ${number(own.days)} days`, peers && `99 % of ${number(peers.n)} colleagues at most ${number(peers.p99)}`];
  return `; ordinary: ${known.filter(Boolean).join(", ")}, hence ${number(limit)}`;
}

function explained({ at, cut, rules }) {
  const row = (one) => [why(one), h("a", { href: `#/rules/${one.rule}` }, one.rule),
    one.entity.kind === "actor" ? "" : one.entity.id, number(one.observed), one.window, `${limits(one.limits)} (${from[one.limit_from] ?? one.limit_from}${ordinary(one)})`];
  const rank = (one) => RANK.indexOf(one.verdict.verdict) * 2 - (one.observed > 0 ? 1 : 0);
  if (rules.length === 0) return [h("p", { class: "muted" }, "The activity log of the last 31 days does not name this account.")];
  return [h("p", { class: "muted small" }, "As of ", time(at), cut ? "; the log is longer than is read here, so counts may be too low." : "."),
    table([["now"], ["rule"], ["shared at"], ["count", "number"], ["within"], ["limit"]], rules.sort((a, b) => rank(a) - rank(b)).map(row))];
}

function explanation(actor) {
  const box = h("div", {}, h("p", { class: "muted", role: "status" }, "reading the activity log …"));
  get(`actors/${encodeURIComponent(actor)}/explain`).then((told) => box.replaceChildren(...explained(told)),
    (error) => box.replaceChildren(h("p", { class: "muted" }, `Not explained: ${error.message}`)));
  return h("section", { class: "card", id: "explained", "data-actor": actor }, h("h2", {}, "Every rule, and why it fires or does not"), box);
}

/// Asks for the name behind a pseudonym; who, when and why is kept.
function unmask(shown) {
  const reason = h("input", { id: "why", type: "text", maxlength: "500" });
  const told = h("p", { role: "status", id: "name" });
  const ask = async () => {
    try {
      const { actor } = await post(`actors/${encodeURIComponent(shown)}/unmask`, { reason: reason.value });
      told.textContent = `${shown} is ${actor}. That you asked is kept in the audit log.`;
    } catch (error) {
      told.textContent = `Not shown: ${error.message}`;
    }
  };
  return h("section", { class: "card", id: "unmask" }, h("h2", {}, "Whose account is this?"),
    h("label", { for: "why" }, "Why you need the name (kept in the audit log)"), reason,
    h("div", { class: "row" }, h("button", { type: "button", onclick: ask }, "Show the name")), told);
}

export async function showActor(actor, old) {
  const { told, pseudonym } = await get(`actors/${encodeURIComponent(actor)}`);
  const row = ({ line, open, peak, case: id }) => [severity(line.severity, open), h("a", { href: `#/rules/${line.rule}` }, line.rule),
    number(line.observed), number(peak), number(line.threshold), line.window, time(line.time), h("a", { href: `#/cases/${id}` }, "case")];
  // Each explanation is a scan of the log: news of incidents do not ask for another.
  const before = old?.querySelector("#explained");
  const masked = old?.querySelector("#unmask") && before?.dataset.actor === actor ? old.querySelector("#unmask") : pseudonym && unmask(actor);
  return h("article", {}, h("h1", {}, actor),
    told.length === 0 ? h("p", { class: "card empty" }, "No incident names this account.")
      : h("section", { class: "card" }, h("h2", {}, "Incidents"), table([[""], ["rule"], ["count", "number"], ["most", "number"], ["limit", "number"], ["within"], ["last"], [""]], told.map(row))),
    before?.dataset.actor === actor ? before : explanation(actor), masked);
}
