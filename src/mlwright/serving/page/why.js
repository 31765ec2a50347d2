// Why: how much each column moved the answer, the strongest first, and the same in words.

import { amounts, brief, moment, number, percent, short } from "./figures.js";
import { make } from "./make.js";

const MOST_BARS = 8;

/** Draw an explanation into `root`; `chosen` is called with the column that a person wants to know more of. */
export function drawWhy(root, told, form, chosen) {
  const isChance = told.class !== null;
  const write = isChance ? percent : number;
  const moved = told.columns.filter((one) => one.amount !== 0);
  const shown = moved.slice(0, MOST_BARS);
  const rest = told.columns.slice(shown.length);
  const largest = Math.max(...shown.map((one) => Math.abs(one.amount)), 1e-12);
  const left = rest.reduce((sum, one) => sum + one.amount, 0);
  const texts = amounts([...shown.map((one) => one.amount), left], isChance);
  const rows = shown.map((one, n) => row(one, form, texts[n], one.amount / largest, chosen));
  if (rest.length) {
    const text = rest.length === 1 ? "the other column" : `the other ${rest.length} columns`;
    rows.push(item(make("span", { class: "name" }, text), texts.at(-1), left / largest));
  }
  root.replaceChildren(
    make("p", { class: "soft small" }, `Of a row that it knows nothing of it would say ${write(told.base)}; these moved it to ${write(told.answer)}${isChance ? ", in points of a hundred" : ""}.`),
    make("ul", { class: "moves", "aria-label": "What moved the answer, the strongest first" }, ...rows),
    make("details", {}, make("summary", {}, "In words"), make("p", { class: "words" }, told.why)),
  );
}

function row(one, form, text, share, chosen) {
  const column = form.columns.find((known) => known.name === one.column);
  const held = one.value === null ? "missing" : typeof one.value === "number" ? short(one.value) : brief(column?.kind === "datetime" ? moment(String(one.value)) : String(one.value));
  const button = make("button", { type: "button", class: "link name", title: "What if it were another?" }, brief(one.column));
  button.addEventListener("click", () => chosen(one.column));
  return item(make("span", { class: "named" }, button, make("span", { class: "soft" }, ` ${held}`)), text, share);
}

function item(name, text, share) {
  const fill = make("span", { class: share < 0 ? "fill down" : "fill up" });
  const width = Math.min(1, Math.abs(share)) * 50;
  fill.style.width = `${width}%`;
  fill.style.left = share < 0 ? `${50 - width}%` : "50%";
  return make("li", {}, name, make("span", { class: "amount" }, text), make("span", { class: "track", "aria-hidden": true }, fill));
}
