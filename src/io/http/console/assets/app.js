// Pages by the address's fragment; what changes is told by server-sent events, and the shown page asks again.

import { showActor } from "./actor.js";
import { showCase } from "./case.js";
import { showCases } from "./cases.js";
import { h } from "./dom.js";
import { showHealth } from "./health.js";
import { showRules } from "./rules.js";

const main = document.getElementById("main");
const live = document.getElementById("live");
let shown = 0;

function page() {
  const [name, id] = location.hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);
  switch (name) {
    case "cases": return { nav: "#/", show: (old) => showCase(id, old) };
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
  const { nav, show } = page();
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
  if (moved) main.focus({ preventScroll: true });
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

addEventListener("hashchange", () => draw(true));
addEventListener("news", () => draw(false));
addEventListener("keydown", keys);
draw(true);
listen();
