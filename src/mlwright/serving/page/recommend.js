// The page of a recommender: whose taste as a form, what is offered while it is changed.

import { Newest, Refusal, ask } from "./ask.js";
import { command, copy } from "./command.js";
import { makeField } from "./fields.js";
import { brief, number } from "./figures.js";
import { askKey, isExchanged, present, stale, summarize, trouble } from "./frame.js";
import { at, make, tell } from "./make.js";

const SOON_MS = 150;
const FEW = 8;
const answers = new Newest();
let form = null;
let traits = [];
let taken = [];
let called = new Map();
let titled = new Map();
let last = null;
let timer = 0;

/** Ask what the model knows, and put its form up; what was filled in stays. */
async function open() {
  let found;
  try {
    found = (await ask("form")).data;
  } catch (refusal) {
    refused(refusal, open);
    return;
  }
  const isFirst = form === null;
  form = found;
  const told = attributes();
  build();
  for (const field of traits) field.write(told[field.column.name] ?? null);
  if (isFirst) start();
  await recommend();
}

function build() {
  present(form);
  called = new Map(form.popular.map((one) => [one.item, one.called]));
  titled = new Map(form.popular.filter((one) => one.called && !called.has(one.called)).map((one) => [one.called.toLowerCase(), one.item]));
  at("items").replaceChildren(...form.popular.map((one) => make("option", { value: one.item, label: one.called || null })));
  at("wishes").replaceChildren(...form.filters.map((one) => make("option", { value: one })));
  at("wish-field").hidden = !form.can_filter;
  for (const id of ["item", "with"]) at(`${id}-hint`).textContent = `${number(form.n_items)} items known`;
  at("user-hint").textContent = `${number(form.n_users)} users known`;
  at("k").max = form.k.most;
  at("k-hint").textContent = `1 to ${form.k.most}`;
  traits = form.attributes.map((column) => makeField(column, changed));
  at("traits").replaceChildren(...traits.map((field) => field.element));
  at("about").open = traits.length <= FEW;
}

function start() {
  taken = [...form.start];
  for (const id of ["user", "item", "with", "wish"]) at(id).value = "";
  for (const field of traits) field.write(null);
  at("k").value = form.k.usual;
  at("seen").checked = false;
  at("by-history").checked = true;
  list();
  turn();
}

/** Show the fields of a user, of a history, or of an item. */
function turn() {
  for (const whose of ["user", "history", "item"]) at(`${whose}-field`).hidden = !at(`by-${whose}`).checked;
  at("about").hidden = !traits.length || at("by-item").checked;
  at("traits-help").textContent = at("by-user").checked
    ? "What you tell here takes the place of what is remembered; the history stays."
    : "Leave out what you do not know. Without a history this alone decides.";
}

/** List what was taken; each can be taken out again. */
function list() {
  at("taken").replaceChildren(...taken.map((item, n) => {
    const out = make("button", { type: "button", "aria-label": `Take out ${item}` }, "\u00d7");
    out.addEventListener("click", () => {
      taken.splice(n, 1);
      list();
      (at("taken").querySelectorAll("button")[Math.min(n, taken.length - 1)] ?? at("item")).focus();
      recommend();
    });
    return make("li", {}, make("span", {}, brief(shown(item), 60)), out);
  }));
}

function shown(item) {
  return called.get(item) ? `${item} \u00b7 ${called.get(item)}` : item;
}

/** Return the item of a field, in which its title may stand. */
function typed(id) {
  const text = at(id).value.trim();
  return titled.get(text.toLowerCase()) ?? text;
}

/** Take the typed item into the history, as the latest. */
function add() {
  const item = typed("item");
  if (!item) return;
  if (taken.length >= form.longest) {
    at("item-note").textContent = `A history holds at most ${number(form.longest)} items.`;
    return;
  }
  taken = [item, ...taken.filter((one) => one !== item)];
  at("item").value = "";
  at("item-note").textContent = "";
  list();
  recommend();
}

/** Read the form: the question as it is sent; null where it cannot be. */
function read() {
  const k = at("k").valueAsNumber;
  const isCount = Number.isInteger(k) && k >= 1 && k <= form.k.most;
  mark("k", isCount ? "" : `Write a whole number from 1 to ${form.k.most}.`);
  for (const field of traits) field.see();
  if (!isCount || (!at("by-item").checked && traits.some((field) => field.read().error))) return null;
  const wish = form.can_filter ? at("wish").value.trim() : "";
  return { ...about(), k, ...(wish ? { filter: wish } : {}), ...(at("seen").checked ? { allow_seen: true } : {}) };
}

/** Say whom or what the question is about, and what else is known of a user. */
function about() {
  if (at("by-item").checked) return { item: typed("with") };
  const told = attributes();
  return {
    ...(at("by-user").checked ? { user: at("user").value.trim() } : { history: taken }),
    ...(Object.keys(told).length ? { attributes: told } : {}),
  };
}

/** Return what is told of a user besides items. */
function attributes() {
  const told = traits.map((field) => [field.column.name, field.read().value ?? null]);
  return Object.fromEntries(told.filter(([, value]) => value !== null));
}

function mark(id, wrong) {
  at(`${id}-note`).textContent = wrong;
  if (wrong) at(id).setAttribute("aria-invalid", "true");
  else at(id).removeAttribute("aria-invalid");
}

function changed() {
  clearTimeout(timer);
  timer = setTimeout(recommend, SOON_MS);
}

/** Ask what is offered, and draw it; what was asked before is dropped. */
async function recommend() {
  clearTimeout(timer);
  const question = read();
  if (question === null) {
    answers.stop();
    stale("Mend the marked field, and it is answered again.");
    return;
  }
  const started = performance.now();
  let found;
  try {
    found = await answers.run((signal) => ask("try", { body: JSON.stringify(question), signal }));
  } catch (refusal) {
    refused(refusal, recommend);
    return;
  }
  if (!found) return;
  if (isExchanged(form, found)) {
    await open();
    return;
  }
  mark("wish", "");
  last = { question, offer: found.data };
  summarize(form, found, started, ...draw(question, found.data));
}

/** Draw what is offered; return it in short, and for those who listen. */
function draw(question, { items, is_known: isKnown }) {
  at("offered").replaceChildren(...bars(items));
  at("nothing").hidden = items.length > 0;
  tell("outside", isKnown ? "" : stranger(question));
  const best = items.length ? items[0].item : "nothing";
  return [["The best", brief(called.get(best) || best, 24)], `${items.length} offered, the best: ${shown(best)}`];
}

/** Say why what is offered is not made for this taste. */
function stranger(question) {
  if (question.user !== undefined) {
    return question.user ? "Nobody of this name is known: this is what is popular." : "Name a user: until then this is what is popular.";
  }
  if (question.item !== undefined) {
    return question.item ? "This item is not known: this is what is popular." : "Name an item: until then this is what is popular.";
  }
  return question.history.length ? "None of these items is known: this is what is popular." : "Without a history this is what is popular.";
}

/** Draw scores as bars: from zero, or from the lowest where some are below. */
function bars(items) {
  const scores = items.map((one) => one.score);
  const low = Math.min(0, ...scores);
  const span = Math.max(...scores, 0) - low;
  return items.map(({ item, score }) => {
    const fill = make("span", { class: "fill" });
    fill.style.width = `${span > 0 ? (100 * (score - low)) / span : 0}%`;
    const name = make("span", { class: "name" }, brief(item, 60), called.get(item) ? make("span", { class: "called" }, ` ${brief(called.get(item), 60)}`) : "");
    return make("li", {}, name, make("span", { class: "share" }, number(score)), make("span", { class: "track", "aria-hidden": true }, fill));
  });
}

/** Say what went wrong, where it went wrong; ask for a key, or try again, where that helps. */
function refused(refusal, retry) {
  if (!(refusal instanceof Refusal)) throw refusal;
  stale("");
  if (askKey(refusal, form !== null, retry)) return;
  if (refusal.reason === "query") { // all that a filter can be refused for
    mark("wish", refusal.message);
    tell("trouble", "");
    return;
  }
  clearTimeout(timer);
  const wait = trouble(refusal);
  if (wait) timer = setTimeout(retry, wait);
}

at("row").addEventListener("submit", (event) => event.preventDefault());
at("item").addEventListener("keydown", (event) => {
  if (event.key === "Enter") {
    event.preventDefault();
    add();
  }
});
at("add").addEventListener("click", () => { add(); at("item").focus(); });
for (const id of ["user", "with", "k", "wish"]) at(id).addEventListener("input", changed);
for (const id of ["by-user", "by-history", "by-item", "seen"]) at(id).addEventListener("change", () => { turn(); recommend(); });
at("again").addEventListener("click", () => { start(); recommend(); });
at("copy").addEventListener("click", () => copy(command("recommend", read() ?? last?.question ?? {}), at("copy")));
open();
