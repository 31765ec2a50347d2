// The page: a row as a form, its answer while it is changed, why, and what if one value were another.

import { followed, makeAnswer } from "./answer.js";
import { Newest, Refusal, ask, askRows } from "./ask.js";
import { command, copy } from "./command.js";
import { written } from "./dates.js";
import { makeField } from "./fields.js";
import { listing } from "./figures.js";
import { askKey, isExchanged, present, stale, summarize, trouble } from "./frame.js";
import { at, make, tell } from "./make.js";
import { canVary, drawWhatIf, variants } from "./what_if.js";
import { drawWhy } from "./why.js";

const SOON_MS = 120;
const LATER_MS = 320;
const MOST_SHOWN = 12;
const FEW = 16;
const answers = new Newest();
const details = new Newest();
let form = null;
let fields = [];
let byName = new Map();
let drawAnswer = null;
let last = null;
let timer = 0;
let laterTimer = 0;

/** Ask what the model wants to know, and put its form up; values that are there already stay. */
async function open(keep = new Map()) {
  try {
    form = (await ask("form")).data;
  } catch (refusal) {
    refused(refusal, () => open(keep));
    return;
  }
  build();
  fill((column) => (keep.has(column.name) ? keep.get(column.name) : column.start));
  await predict();
}

function build() {
  present(form);
  fields = form.columns.map((column) => makeField(column, () => changed(column.name)));
  byName = new Map(fields.map((field) => [field.column.name, field]));
  const n = fields.length <= FEW ? fields.length : MOST_SHOWN;
  at("fields").replaceChildren(...fields.slice(0, n).map((field) => field.element));
  at("more").replaceChildren(...fields.slice(n).map((field) => field.element));
  at("fold").hidden = n === fields.length;
  at("fold-title").textContent = `${(fields.length - n).toLocaleString("en")} more columns${(form.columns[0]?.drop ?? null) === null ? "" : ", which matter less"}`;
  at("filter").value = "";
  filter();
  drawAnswer = makeAnswer(at("drawn"), form);
  const varied = fields.filter((field) => canVary(field.column)).map((field) => field.column.name);
  at("chosen").replaceChildren(...varied.map((name) => make("option", { value: name }, name)));
  at("what-if").hidden = !varied.length;
}

function fill(choose) {
  fields.forEach((field) => field.write(choose(field.column)));
}

/** Read all fields: the row as it is sent, or null where one cannot be read; say what is unusual. */
function read() {
  const row = {};
  const unusual = [];
  let isWhole = true;
  for (const field of fields) {
    const { value, error } = field.read();
    if (field.see()) unusual.push(field);
    if (error) isWhole = false;
    row[field.column.name] = sent(field.column, value ?? null);
  }
  warn(unusual);
  return isWhole ? row : null;
}

function sent(column, value) {
  return column.kind === "datetime" && value !== null ? written(value, column.format) : value;
}

function warn(unusual) {
  const names = unusual.slice(0, 5).map((field) => field.column.name);
  if (unusual.length > names.length) names.push(`${unusual.length - names.length} more`);
  const text = `Unlike what it was trained on: ${listing(names)}. Trust the answer less.`;
  tell("outside", names.length ? text : "");
}

function changed() {
  clearTimeout(timer);
  timer = setTimeout(predict, SOON_MS);
}

function level() {
  return form.level === null ? "" : `?level=${form.level}`;
}

/** Answer the row, then say why and what if; what was asked before is dropped. */
async function predict() {
  clearTimeout(timer);
  clearTimeout(laterTimer);
  details.stop();
  busy(true);
  const row = read();
  if (row === null) {
    answers.stop();
    busy(false);
    stale("Mend the marked field, and it is answered again.");
    return;
  }
  const started = performance.now();
  let found;
  try {
    found = await answers.run((signal) => ask(`try${level()}`, { body: JSON.stringify(row), signal }));
  } catch (refusal) {
    refused(refusal, predict);
    return;
  }
  if (!found) return;
  if (isExchanged(form, found)) {
    // What was filled in stays.
    await open(new Map(fields.map((field) => [field.column.name, field.read().value ?? null])));
    return;
  }
  last = { row, answer: found.data };
  summarize(form, found, started, drawAnswer(found.data));
  laterTimer = setTimeout(detail, LATER_MS - SOON_MS);
}

/** Tell those who listen, and not look, that the reasons and the curve are about to change. */
function busy(isBusy) {
  for (const id of ["reasons", "curve"]) at(id).ariaBusy = String(isBusy);
}

/** Say why, and what if; both are of the row that was answered last. */
async function detail() {
  busy(true);
  const { row, answer } = last;
  const column = byName.get(at("chosen").value)?.column;
  try {
    const found = await details.run(async (signal) => {
      const why = ask("try?explain=true", { body: JSON.stringify(row), signal });
      const tried = column ? variants(column, byName.get(column.name).read().value ?? null) : [];
      const rows = tried.map((value) => ({ ...row, [column.name]: sent(column, value) }));
      const [told, points] = await Promise.all([why.catch((error) => error), column ? askRows(rows, form, level(), signal) : []]);
      return { told, tried, points };
    });
    if (!found) return;
    showWhy(found.told);
    if (column) showWhatIf(column, answer, found);
    busy(false);
  } catch (refusal) {
    refused(refusal, detail);
  }
}

function showWhy(told) {
  if (told instanceof Error) {
    const says = told.status === 422 ? told.message : "The reasons could not be told just now.";
    at("reasons").replaceChildren(make("p", { class: "soft" }, says));
    return;
  }
  drawWhy(at("reasons"), told.data.explanation, form, (name) => choose(name));
}

function showWhatIf(column, answer, { tried, points }) {
  const one = followed(form, answer);
  const height = (record) => (form.classes.length ? record[one?.key] : record.prediction);
  drawWhatIf(at("curve"), {
    column,
    isChance: form.classes.length > 0,
    what: form.classes.length ? `Chance that ${form.target} is ${one?.text}` : form.target,
    points: tried.map((value, n) => ({ value, y: height(points[n]), low: points[n].prediction_low, high: points[n].prediction_high })),
    present: { value: byName.get(column.name).read().value ?? null, y: height(answer) },
  }, take);
}

/** Follow another column in the curve. */
function choose(name) {
  if (![...at("chosen").options].some((option) => option.value === name)) return;
  at("chosen").value = name;
  detail();
}

/** Take a value that the curve shows into the form. */
function take(name, value) {
  byName.get(name).write(value);
  predict();
}

/** Say what went wrong, where it went wrong; ask for a key, or try again, where that helps. */
function refused(refusal, retry) {
  if (!(refusal instanceof Refusal)) throw refusal;
  busy(false);
  stale("");
  if (askKey(refusal, form !== null, retry)) return;
  const field = byName.get(refusal.column);
  if (field) {
    if (at("more").contains(field.element)) at("fold").open = true;
    field.say(refusal.message);
    tell("trouble", "");
    return;
  }
  clearTimeout(timer);
  const wait = trouble(refusal);
  if (wait) timer = setTimeout(retry, wait);
}

/** Draw one of the usual values at random: a made-up row, nobody's. */
function drawn(column) {
  const usual = column.usual ?? [];
  if (column.kind === "boolean") return typeof usual === "number" ? Math.random() < usual : column.start;
  if (!usual.length) return column.start;
  if (column.kind !== "category") return usual[Math.floor(Math.random() * usual.length)];
  let left = Math.random() * usual.reduce((sum, [, share]) => sum + share, 0);
  return usual.find(([, share]) => (left -= share) <= 0)?.[0] ?? usual[0][0];
}

function filter() {
  const wanted = at("filter").value.trim().toLowerCase();
  const folded = fields.filter((field) => at("more").contains(field.element));
  let n = 0;
  for (const field of folded) {
    const isFound = field.column.name.toLowerCase().includes(wanted);
    field.element.hidden = !isFound;
    n += isFound ? 1 : 0;
  }
  at("found").textContent = wanted ? `${n.toLocaleString("en")} of ${folded.length.toLocaleString("en")} columns` : "";
}

at("row").addEventListener("submit", (event) => { event.preventDefault(); predict(); });
at("again").addEventListener("click", () => { fill((column) => column.start); predict(); });
at("another").addEventListener("click", () => { fill(drawn); predict(); });
at("copy").addEventListener("click", () => copy(command("predict", read() ?? last?.row ?? {}), at("copy")));
at("filter").addEventListener("input", filter);
at("chosen").addEventListener("change", detail);
let width = window.innerWidth;
window.addEventListener("resize", () => {
  if (window.innerWidth === width || !last) return;
  width = window.innerWidth;
  clearTimeout(laterTimer);
  laterTimer = setTimeout(detail, LATER_MS);
});
open();
