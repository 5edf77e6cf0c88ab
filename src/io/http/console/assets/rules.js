// The rules, and for one of them what another limit would raise.

import { get } from "./api.js";
import { byWeek } from "./chart.js";
import { h, number, table } from "./dom.js";
import { slider } from "./slider.js";

const shownLimit = (limit) => (limit === null ? "–" : number(limit));

/// How many weeks are "lately".
const LATELY = 4;

const sum = (weeks, name) => weeks.reduce((all, week) => all + week[name], 0);
const counted = (count, one) => `${number(count)} ${one}${count === 1 ? "" : "s"}`;
const rightOf = (right, judged) => (judged > 0 ? `${number(right)} of ${number(judged)}` : "not judged");

function lately(rule) {
  const weeks = rule.weeks.slice(-LATELY);
  return weeks.length === 0 ? "" : rightOf(sum(weeks, "right"), sum(weeks, "judged"));
}

function ruleRow(rule) {
  const { right, judged } = rule.precision ?? {};
  return [h("a", { href: `#/rules/${rule.id}` }, rule.id), rule.title, rule.mode === "live" ? "" : h("span", { class: "tag calm" }, rule.mode),
    shownLimit(rule.limits.warning), shownLimit(rule.limits.page), rule.window, number(rule.recorded.length),
    rightOf(right, judged), lately(rule)];
}

/// The week's own name says the year, which an axis of dates does not.
function weekRow(week) {
  return [week.week, number(week.raised), number(week.cases), number(week.judged), number(week.right)];
}

/// What the rule raised and how often that was a leak, as a chart and as figures.
function overTime(rule) {
  const heading = h("h2", {}, "How often it was right");
  if (rule.weeks.length === 0) return h("section", { class: "card", id: "weeks" }, heading, h("p", { class: "muted" }, "It has raised nothing in the last half year."));
  const [raised, cases, judged, right] = ["raised", "cases", "judged", "right"].map((name) => sum(rule.weeks, name));
  const told = `In the last ${counted(rule.weeks.length, "week")}: ${counted(raised, "incident")} in ${counted(cases, "case")}; `
    + `${counted(judged, "case")} judged, ${number(right)} of them leaks.`;
  const chart = h("div", { class: "chart", role: "img", "aria-label": told });
  const names = [["read", "cases judged"], ["both", "of them leaks"], ["usual", "incidents raised"]];
  const heads = [["week"], ["incidents", "number"], ["cases", "number"], ["judged", "number"], ["leaks", "number"]];
  const rows = rule.weeks.filter((week) => week.raised > 0).reverse().map(weekRow);
  requestAnimationFrame(() => byWeek(chart, rule.weeks));
  return h("section", { class: "card", id: "weeks" }, heading, h("p", {}, told), chart,
    h("ul", { class: "legend" }, names.map(([css, name]) => h("li", { class: css }, name))),
    h("p", { class: "muted small" }, "A case counts once, in the week of its first incident of this rule. Weeks begin on Monday, UTC."), table(heads, rows));
}

export async function showRules(id, old) {
  // A slider that is being moved is not taken away.
  if (old && id) return null;
  const { rules } = await get("rules");
  const chosen = rules.filter((rule) => rule.id === id);
  const heads = [["rule"], ["raises where"], [""], ["warns at", "number"], ["pages at", "number"], ["within"], ["raised", "number"], ["right"], [`in ${LATELY} weeks`]];
  const one = chosen[0];
  return h("article", {}, h("h1", {}, one ? one.title : "Rules"),
    one && h("p", { class: "muted" }, `${one.id}: counts ${one.measure} by ${one.by} within ${one.window}. `,
      one.floor === null ? "" : `A baseline may tighten it, never below ${number(one.floor)}. `, h("a", { href: "#/rules" }, "All rules")),
    one && slider(one),
    one && overTime(one),
    h("section", { class: "card" }, table(heads, (one ? chosen : rules).map(ruleRow))));
}
