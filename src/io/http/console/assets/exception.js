// An exception for work that was expected: proposed here, checked by the server, committed by whoever keeps the rule files.

import { post } from "./api.js";
import { h } from "./dom.js";

const DAY_MS = 86400000;
const DAYS = 30;

const field = (name, label, more = {}) => [h("label", { for: name }, label), h("input", { id: name, type: "text", maxlength: "300", required: true, ...more })];

function answer({ passed, checks, yaml, next }) {
  const one = ({ name, passed: fine, accepted, told }) => h("li", { class: fine ? "passed" : "failed" }, h("strong", {}, `${name}: ${fine ? "passed" : accepted ? "not passed, accepted" : "not passed"}`),
    h("ul", {}, told.map((line) => h("li", {}, line))));
  return [h("ul", { class: "checks" }, checks.map(one)),
    passed ? h("p", { class: "small" }, next) : h("p", { class: "small" }, "It is not ready to be committed."),
    passed && h("pre", { tabindex: "0", "aria-label": "the exception to commit" }, yaml)].filter(Boolean);
}

export function proposal(one) {
  const box = h("div", { role: "status" });
  const last = new Date(Date.now() + DAYS * DAY_MS).toISOString().slice(0, 10);
  const accept = h("input", { id: "accept", type: "checkbox" });
  const form = h("div", {}, field("owner", "Who answers for it"), field("ticket", "Ticket"), field("reason", "Reason (no customer's data)"),
    field("until", "Last day", { type: "date", value: last }),
    h("p", {}, h("label", { for: "accept", class: "inline" }, accept, " What attacks would gain by it is accepted")));
  const value = (name) => form.querySelector(`#${name}`).value;
  const propose = async () => {
    box.replaceChildren(h("p", { class: "muted" }, "The rules are checked and tested, and attacks tried on the activity log: this can take minutes …"));
    button.disabled = true;
    try {
      const asked = { owner: value("owner"), ticket: value("ticket"), reason: value("reason"), until: value("until"), accept_losses: accept.checked };
      box.replaceChildren(...answer(await post(`cases/${one.case}/exception`, asked)));
    } catch (error) {
      box.replaceChildren(h("p", { class: "error" }, `Not proposed: ${error.message}`));
    }
    button.disabled = false;
  };
  const button = h("button", { type: "button", id: "propose", onclick: propose }, "Check it");
  return h("div", { id: "exception" }, h("h2", {}, "Propose an exception"), form, button, box);
}
