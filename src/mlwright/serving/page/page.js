// The page: a row as a form, its answer while it is changed, why, and what if one value were another.

import { followed, makeAnswer } from "./answer.js";
import { Newest, Refusal, ask, askRows, hasKey, useKey } from "./ask.js";
import { command, copy } from "./command.js";
import { written } from "./dates.js";
import { makeField } from "./fields.js";
import { listing } from "./figures.js";
import { at, make, tell } from "./make.js";
import { canVary, drawWhatIf, variants } from "./what_if.js";
import { drawWhy } from "./why.js";

const SOON_MS = 120;
const LATER_MS = 320;
const MOST_SHOWN = 12;
const FEW = 16;
const PATIENCE_MS = 5_000;
const answers = new Newest();
const details = new Newest();
let form = null;
let fields = [];
let byName = new Map();
let drawAnswer = null;
let last = null;
let timer = 0;
let laterTimer = 0;
let isAnswerSeen = false;
let exchangedAt = -PATIENCE_MS;

/** Ask what the model wants to know, and put its form up; values that are there already stay. */
async function open(keep = new Map()) {
  try {
    form = (await ask("form")).data;
  } catch (refusal) {
    refused(refusal, () => open(keep));
    return;
  }
  at("key").hidden = true;
  build();
  fill((column) => (keep.has(column.name) ? keep.get(column.name) : column.start));
  await predict();
}

function build() {
  document.title = `${form.question} \u00b7 mlwright`;
  at("question").textContent = form.question;
  at("headline").textContent = form.headline;
  tell("name", form.name);
  tell("version", form.version);
  at("model").hidden = false;
  const isDoubtful = form.verdict.tone !== "good";
  tell("verdict", isDoubtful ? `${form.verdict.title}: ${form.verdict.reason}` : "");
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
  at("desk").hidden = false;
  at("caution").hidden = false;
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
  // While a service is being updated both models may answer in turn: then each says who it is, and that is enough.
  if (found.version && found.version !== form.version && performance.now() - exchangedAt > PATIENCE_MS) {
    await exchanged(found.version);
    return;
  }
  tell("trouble", "");
  at("drawn").classList.remove("stale");
  last = { row, answer: found.data };
  const [what, says] = drawAnswer(found.data);
  at("bar-what").textContent = what;
  at("bar-answer").textContent = says;
  at("bar").hidden = isAnswerSeen;
  at("said").textContent = `${what}: ${says}`;
  at("told").textContent = `Answered by ${form.name}, version ${found.version ?? form.version}, in ${Math.max(1, Math.round(performance.now() - started))} ms.`;
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

/** The service changed its model: ask for its form, and keep what was filled in. */
async function exchanged(version) {
  exchangedAt = performance.now();
  const keep = new Map(fields.map((field) => [field.column.name, field.read().value ?? null]));
  tell("exchanged", `The model was exchanged while you were here: version ${version} answers now.`);
  await open(keep);
}

/** Say what went wrong, where it went wrong; ask for a key, or try again, where that helps. */
function refused(refusal, retry) {
  if (!(refusal instanceof Refusal)) throw refusal;
  stale("");
  if (refusal.status === 401 || refusal.status === 403) {
    askKey(refusal, retry);
    return;
  }
  const field = byName.get(refusal.column);
  if (field) {
    if (at("more").contains(field.element)) at("fold").open = true;
    field.say(refusal.message);
    tell("trouble", "");
    return;
  }
  const again = [0, 429, 503].includes(refusal.status);
  tell("trouble", again ? `${refusal.message} Trying again \u2026` : refusal.message);
  clearTimeout(timer);
  if (again) timer = setTimeout(retry, 1000 * Math.max(1, refusal.retryAfter));
}

function stale(says) {
  busy(false);
  at("drawn").classList.add("stale");
  at("told").textContent = says;
}

function askKey(refusal, retry) {
  at("question").textContent = form ? form.question : "A model answers here";
  if (!form) at("headline").textContent = "It asks who wants to know.";
  at("key").hidden = false;
  at("key-note").textContent = hasKey() ? refusal.message : "";
  at("key-value").focus();
  at("key").onsubmit = (event) => {
    event.preventDefault();
    useKey(at("key-value").value.trim());
    at("key-value").value = "";
    at("key").hidden = true;
    retry();
  };
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
// A rail that is higher than the window sticks with its end, another with its beginning.
new ResizeObserver(() => at("rail").style.setProperty("--rail", `${at("rail").offsetHeight}px`)).observe(at("rail"));
new IntersectionObserver((seen) => {
  isAnswerSeen = seen.at(-1).isIntersecting;
  at("bar").hidden = isAnswerSeen || !last;
}, { threshold: 0.3 }).observe(at("answer"));
let width = window.innerWidth;
window.addEventListener("resize", () => {
  if (window.innerWidth === width || !last) return;
  width = window.innerWidth;
  clearTimeout(laterTimer);
  laterTimer = setTimeout(detail, LATER_MS);
});
open();
