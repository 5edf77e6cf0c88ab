// Another limit for a rule: from the activity log's last days once they are read, and until then from what was raised.

import { get } from "./api.js";
import { byLimit } from "./chart.js";
import { h, number } from "./dom.js";

const STEPS = 60;
const WEEK = 7 * 86400 * 1000;
const ASK_AGAIN_MS = 1000;
const lowest = ({ info, warning, page }) => Math.min(...[info, warning, page].filter((limit) => limit !== null));

/// What can be said of limits: {limits, weekly, customers, start, sentence(at), note}.
function fromRaised(rule) {
  const peaks = rule.recorded.map((one) => one.peak);
  const from = lowest(rule.limits);
  if (peaks.length === 0 || !Number.isFinite(from)) return null;
  const times = rule.recorded.map((one) => Date.parse(one.time));
  const weeks = Math.max(1, (Math.max(...times) - Math.min(...times)) / WEEK);
  const least = Math.min(from, ...peaks);
  const limits = Array.from({ length: STEPS + 1 }, (_, at) => least + ((Math.max(...peaks) * 1.05 - least) * at) / STEPS);
  const weekly = limits.map((limit) => peaks.filter((peak) => peak >= limit).length / weeks);
  const sentence = (at) => {
    const missed = rule.recorded.filter((one) => one.peak < limits[at]);
    const lost = missed.reduce((sum, one) => sum + one.overlap, 0);
    return `At ${number(Math.round(limits[at]))}: ${number(weekly[at])} incidents a week; ${number(missed.length)} that were raised would not have been, with ${number(lost)} customers that were read and sent.`;
  };
  return { limits, weekly, customers: null, start: 0, sentence,
    note: "From the incidents that were raised, so it can say what a higher limit would have left, and nothing of a lower one." };
}

function fromHistory({ now, points, history, left_out: leftOut }) {
  const limits = points.map((point) => point.limit);
  const known = points.every((point) => point.customers !== null);
  const sentence = (at) => {
    const { limit, incidents, pages, customers } = points[at];
    const lost = customers === null ? "" : `; an average leak would cost ${number(Math.round(customers))} customers before somebody is woken`;
    return `At ${number(limit)}${limit === now ? " (as now)" : ""}: ${number(incidents)} incidents a week, ${number(pages)} of them pages${lost}.`;
  };
  const day = (text) => new Date(text).toLocaleString("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
  const note = `Backtested on ${number(history.events)} events of ${number(history.actors)} accounts, from ${day(history.from)} to ${day(history.to)}`
    + (history.cut ? "; the log is longer than is read here" : "") + (leftOut > 0 ? `; there was no time for ${number(leftOut)} more limits` : "")
    + ". The limits of roles, teams and accounts move with everybody's. Customers lost follow from all rules' limits, as in leakwatch suggest.";
  return { limits, weekly: points.map((point) => point.incidents), customers: known ? points.map((point) => point.customers) : null,
    start: Math.max(0, limits.indexOf(now)), sentence, note };
}

function progress(told) {
  switch (told.state) {
    case "waiting": return "The backtest is being prepared: others are first.";
    case "reading": return `The backtest is being prepared: ${number(told.records)} records of the activity log read.`;
    case "judging": return `The backtest is being prepared: ${number(told.done)} of ${number(told.of)} limits tried.`;
    default: return `No backtest: ${told.why}.`;
  }
}

function show(box, source, at) {
  const told = h("p", { role: "status", id: "would" });
  const chart = h("div", { class: "chart", role: "img", "aria-label": "Incidents a week by limit, and customers lost" });
  const range = h("input", { type: "range", id: "limit", min: "0", max: String(source.limits.length - 1), value: String(at) });
  const legend = [["read", "incidents a week"], source.customers && ["both", "customers lost in a leak (right)"]].filter(Boolean);
  box.replaceChildren(h("label", { for: "limit" }, "Limit"), range, told, chart,
    h("ul", { class: "legend" }, legend.map(([css, name]) => h("li", { class: css }, name))), h("p", { class: "muted small" }, source.note));
  let draw = null;
  const move = () => {
    const now = Number(range.value);
    told.textContent = source.sentence(now);
    range.setAttribute("aria-valuetext", told.textContent);
    if (!draw && chart.clientWidth > 0) draw = byLimit(chart, source);
    draw?.(now);
  };
  range.addEventListener("input", move);
  move();
  requestAnimationFrame(move);
  return range;
}

export function slider(rule) {
  const box = h("div", {});
  const state = h("p", { class: "muted small", id: "backtest" });
  const raised = fromRaised(rule);
  let range = null;
  if (raised) range = show(box, raised, raised.start);
  else box.append(h("p", { class: "muted" }, "It has raised nothing that is kept, so there is nothing to compare with yet."));
  const ask = async () => {
    let answer;
    try {
      answer = await get(`rules/${encodeURIComponent(rule.id)}/curve`);
    } catch (error) {
      answer = { state: "none", why: error.message };
    }
    if (answer.state === "ready" && answer.points.length > 0) {
      const held = document.activeElement === range && range !== null;
      const source = fromHistory(answer);
      range = show(box, source, source.start);
      if (held) range.focus();
      state.remove();
      return;
    }
    state.textContent = progress(answer);
    if (["waiting", "reading", "judging"].includes(answer.state) && (state.isConnected || !asked)) setTimeout(ask, ASK_AGAIN_MS);
    asked = true;
  };
  let asked = false;
  ask();
  return h("section", { class: "card", id: "slider" }, h("h2", {}, "Another limit"), state, box);
}
