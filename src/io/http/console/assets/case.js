// One case on one screen: the sentence, the timeline, who and where, what to do, and the verdict.

import { get, post, runbook } from "./api.js";
import { timeline } from "./chart.js";
import { proposal } from "./exception.js";
import { figures, h, number, severity, table, time, verdicts } from "./dom.js";

function levelsOf(line) {
  const levels = [{ value: line.threshold, name: "limit", from: "--limit", dash: [8, 5], css: "limit" }];
  const { own, peers } = line.baseline ?? {};
  if (own) levels.push({ value: own.max, name: `own usual (${number(own.max)})`, from: "--soft", dash: [2, 4], css: "usual" });
  if (peers) levels.push({ value: peers.p99, name: `colleagues at most (${number(peers.p99)})`, from: "--soft", dash: [2, 8], css: "usual" });
  return levels;
}

const COUNTS_CUSTOMERS = ["customers", "customers_named", "overlap"];

async function drawTimeline(id, line, box) {
  try {
    const { points, cut } = await get(`cases/${id}/timeline`);
    const levels = COUNTS_CUSTOMERS.includes(line.measure) ? levelsOf(line) : [];
    const peak = Math.max(...points.map((point) => Math.max(point.read, point.egressed)));
    const chart = h("div", { class: "chart", role: "img", "aria-label": `Customers within ${line.window}: at most ${number(peak)} at once` });
    const names = [["read", "read"], ["sent", "sent"], ["both", "read and sent"], ...levels.map((level) => [level.css, level.name])];
    box.replaceChildren(chart, h("ul", { class: "legend" }, names.map(([css, name]) => h("li", { class: css }, name))));
    if (cut) box.append(h("p", { class: "muted small" }, "There is more than is drawn: the earliest part is left out."));
    timeline(chart, points, levels);
  } catch (error) {
    box.replaceChildren(h("p", { class: "muted" }, `No timeline: ${error.message}`));
  }
}

function judging(one) {
  const note = h("textarea", { id: "note", rows: "2", maxlength: "1000" });
  const told = h("p", { class: "small muted", role: "status", id: "told" });
  const given = one.judgement;
  if (given) told.append(`Judged ${verdicts[given.verdict]} by ${given.by}, `, time(given.at), given.note ? `: ${given.note}` : "");
  const give = async (verdict) => {
    told.textContent = "being kept …";
    try {
      await post(`cases/${one.case}/verdict`, { verdict, note: note.value });
      told.textContent = `Kept: ${verdicts[verdict]}.`;
      // What is being written keeps the page from being drawn anew; this is kept.
      note.value = "";
      dispatchEvent(new Event("news"));
    } catch (error) {
      told.textContent = `Not kept: ${error.message}`;
    }
  };
  const button = (verdict, text) => h("button", { type: "button", "data-verdict": verdict, "aria-pressed": String(given?.verdict === verdict), onclick: () => give(verdict) }, text);
  // A link from an alert leads here, and not onto a button: no stray key decides.
  return h("section", { class: "card", id: "verdict", tabindex: "-1", "aria-labelledby": "what" }, h("h2", { id: "what" }, "What was it?"),
    h("label", { for: "note" }, "Why (no customer's data)"), note,
    h("div", { class: "row" }, button("true", "A leak"), button("false", "A false alarm"), button("expected", "Expected work")),
    told, given?.verdict === "expected" && proposal(one));
}

function who(one) {
  const actors = [...new Set(one.told.flatMap((told) => told.line.actors))];
  return h("section", { class: "card" }, h("h2", {}, actors.length === 1 ? "Who" : "Who else"),
    h("p", {}, actors.flatMap((actor, at) => [at > 0 ? ", " : "", h("a", { href: `#/actors/${encodeURIComponent(actor)}` }, actor)])),
    h("h2", {}, "Where to and what from"),
    table([["name"], ["events", "number"]],
      one.told[0].line.destinations.concat(one.told[0].line.objects).map(({ name, count }) => [name, number(count)])));
}

function incidents(one) {
  const row = ({ line, open, peak }) => [severity(line.severity, open), h("a", { href: `#/rules/${line.rule}` }, line.rule),
    line.entity.id, number(peak), number(line.threshold), time(line.time)];
  return h("section", { class: "card" }, h("h2", {}, "Incidents of this case"),
    table([[""], ["rule"], ["about"], ["count", "number"], ["limit", "number"], ["last"]], one.told.map(row)));
}

async function guide(rule) {
  const page = await runbook(rule);
  const body = h("div", { class: "runbook" });
  // Made by this server from the runbooks it has embedded; raw HTML in them arrives as text.
  if (page) body.innerHTML = page;
  else body.append("There is no runbook of this name here.");
  return h("details", { class: "card", open: true }, h("summary", {}, h("strong", {}, "What to do")), body);
}

export async function showCase(id, old) {
  // Whoever writes something is not interrupted.
  if ([...old?.querySelectorAll("textarea, input[type=text], input[type=date]") ?? []].some((field) => field.value !== field.defaultValue)) return null;
  const one = await get(`cases/${encodeURIComponent(id)}`);
  const { line } = one.told[0];
  const chart = h("div", {}, h("p", { class: "muted" }, "reading the activity log …"));
  const lines = [["customers read", number(Math.max(one.customers.read, one.customers.read_estimate))], ["sent out", number(one.customers.egressed)],
    ["the same ones", number(one.customers.overlap)], ["first evidence", time(line.first_event?.time), true], ["last evidence", time(line.last_event?.time), true]];
  const content = h("article", {},
    h("p", { class: "meta" }, severity(one.severity, one.open), h("span", {}, one.title), h("span", {}, "since ", time(one.began))),
    h("h1", { class: "sentence" }, one.summary),
    h("section", { class: "card" }, figures(lines)),
    h("section", { class: "card" }, h("h2", {}, `Customers within ${line.window}`), chart),
    h("div", { class: "columns" }, h("div", {}, incidents(one), await guide(line.rule)), h("div", {}, judging(one), who(one))));
  drawTimeline(id, line, chart);
  return content;
}
