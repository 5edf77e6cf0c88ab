// Pages by the address's fragment; what changes is told by server-sent events, and the shown page asks again.

import { showActor } from "./actor.js";
import { showCase } from "./case.js";
import { showCases } from "./cases.js";
import { h } from "./dom.js";
import { showHealth } from "./health.js";
import { showRules } from "./rules.js";

// A link in an alert has the case in its path, since sign-ins on the way lose what stands behind a #.
const linked = location.pathname.match(/^\/cases\/([^/]+)\/verdict$/);
if (linked) history.replaceState(null, "", `/#/cases/${linked[1]}/verdict`);

const main = document.getElementById("main");
const live = document.getElementById("live");
let shown = 0;
/// Whether what the address asks for within the page has been gone to.
let landed = false;

/// A part of an address; one that is escaped wrongly stays as it is.
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function page() {
  const [name, id, part] = location.hash.replace(/^#\/?/, "").split("/").map(decoded);
  switch (name) {
    case "cases": return { nav: "#/", show: (old) => showCase(id, old), goal: part === "verdict" ? "#verdict" : null };
    case "actors": return { nav: "#/", show: (old) => showActor(id, old) };
    case "rules": return { nav: "#/rules", show: (old) => showRules(id, old) };
    case "health": return { nav: "#/health", show: showHealth };
    default: return { nav: "#/", show: showCases };
  }
}

/// What says that an element is the one that stood there before.
const handle = (element) => element?.getAttribute("href") ?? element?.dataset.verdict;

async function draw(moved) {
  const turn = ++shown;
  const { nav, show, goal } = page();
  for (const link of document.querySelectorAll("nav a")) {
    if (link.getAttribute("href") === nav) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  let content;
  try {
    content = await show(moved ? null : main.firstElementChild);
  } catch (error) {
    content = h("p", { class: "card error", role: "alert" }, error.message);
  }
  // A page that was slower than the next one is not shown, and a page that took up the news itself stays.
  if (turn !== shown || !content) return;
  const focused = handle(document.activeElement);
  main.replaceChildren(content);
  document.title = `${main.querySelector("h1")?.textContent ?? "Cases"} · Leakwatch`;
  const target = landed || !goal ? null : main.querySelector(goal);
  if (target) {
    landed = true;
    target.scrollIntoView({ block: "center" });
    target.focus({ preventScroll: true });
  } else if (moved) main.focus({ preventScroll: true });
  else if (focused) [...main.querySelectorAll("a, button")].find((one) => handle(one) === focused)?.focus();
}

function listen() {
  const source = new EventSource("/api/v1/events");
  source.addEventListener("open", () => { live.textContent = "live"; live.className = "on"; });
  source.addEventListener("error", () => { live.textContent = "connection lost, trying again"; live.className = ""; });
  source.addEventListener("cases", () => draw(false));
}

function keys(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, textarea")) return;
  if (event.key === "Escape") location.hash = "#/";
  const step = { j: 1, k: -1 }[event.key];
  const links = [...main.querySelectorAll(".cases a")];
  if (!step || links.length === 0) return;
  const at = links.indexOf(document.activeElement);
  const next = at < 0 ? (step > 0 ? 0 : links.length - 1) : at + step;
  links[Math.min(links.length - 1, Math.max(0, next))].focus();
}

addEventListener("hashchange", () => {
  landed = false;
  draw(true);
});
addEventListener("news", () => draw(false));
addEventListener("keydown", keys);
draw(true);
listen();
