// Elements from data. Text is only ever set as text, so whatever a name contains cannot become markup.

export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export const number = (value) => Number(value).toLocaleString("en", { maximumFractionDigits: 2 });

export function time(text) {
  if (!text) return "–";
  const date = new Date(text);
  const label = date.toLocaleString("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit" });
  return h("time", { datetime: text, title: text }, label);
}

export function severity(of, open = true) {
  return h("span", { class: `tag ${of}` }, open ? of : `${of}, over`);
}

export const verdicts = { true: "a leak", false: "a false alarm", expected: "expected work" };

export function figures(pairs) {
  const entry = ([name, value, text]) => h("div", {}, h("dt", {}, name), h("dd", { class: text ? "text" : null }, value));
  return h("dl", { class: "figures" }, pairs.map(entry));
}

export function table(heads, rows) {
  const head = h("tr", {}, heads.map(([name, kind]) => h("th", { scope: "col", class: kind }, name)));
  const line = (row) => h("tr", {}, row.map((cell, at) => h("td", { class: heads[at][1] }, cell ?? "")));
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "table" },
    h("table", {}, h("thead", {}, head), h("tbody", {}, rows.map(line))));
}
