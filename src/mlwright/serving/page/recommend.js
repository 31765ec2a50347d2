// The page of a recommender: whose taste as a form, what is offered while it is changed.

import { Newest, Refusal, ask, hasKey, useKey } from "./ask.js";
import { command, copy } from "./command.js";
import { brief, number } from "./figures.js";
import { at, make, tell } from "./make.js";

const SOON_MS = 150;
const PATIENCE_MS = 5_000;
const answers = new Newest();
let form = null;
let taken = [];
let called = new Map();
let last = null;
let timer = 0;
let isAnswerSeen = false;
let exchangedAt = -PATIENCE_MS;

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
  at("key").hidden = true;
  build();
  if (isFirst) start();
  await recommend();
}

function build() {
  document.title = `${form.question} \u00b7 mlwright`;
  at("question").textContent = form.question;
  at("headline").textContent = form.headline;
  tell("name", form.name);
  tell("version", form.version);
  at("model").hidden = false;
  tell("verdict", form.verdict.tone === "good" ? "" : `${form.verdict.title}: ${form.verdict.reason}`);
  called = new Map(form.popular.map((one) => [one.item, one.called]));
  at("items").replaceChildren(...form.popular.map((one) => make("option", { value: one.item, label: one.called || null })));
  at("wishes").replaceChildren(...form.filters.map((one) => make("option", { value: one })));
  at("wish-field").hidden = !form.can_filter;
  at("item-hint").textContent = `${number(form.n_items)} items known`;
  at("user-hint").textContent = `${number(form.n_users)} users known`;
  at("k").max = form.k.most;
  at("k-hint").textContent = `1 to ${form.k.most}`;
  at("desk").hidden = false;
  at("caution").hidden = false;
}

function start() {
  taken = [...form.start];
  for (const id of ["user", "item", "wish"]) at(id).value = "";
  at("k").value = form.k.usual;
  at("seen").checked = false;
  at("by-history").checked = true;
  list();
  turn();
}

/** Show the field of a user or that of a history. */
function turn() {
  at("user-field").hidden = !at("by-user").checked;
  at("history-field").hidden = at("by-user").checked;
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

/** Take the typed item into the history, as the latest. */
function add() {
  const item = at("item").value.trim();
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
  if (!isCount) return null;
  const question = at("by-user").checked ? { user: at("user").value.trim() } : { history: taken };
  const wish = form.can_filter ? at("wish").value.trim() : "";
  return { ...question, k, ...(wish ? { filter: wish } : {}), ...(at("seen").checked ? { allow_seen: true } : {}) };
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
  if (found.version && found.version !== form.version && performance.now() - exchangedAt > PATIENCE_MS) {
    exchangedAt = performance.now();
    tell("exchanged", `The model was exchanged while you were here: version ${found.version} answers now.`);
    await open();
    return;
  }
  tell("trouble", "");
  mark("wish", "");
  at("drawn").classList.remove("stale");
  last = { question, offer: found.data };
  draw(question, found.data);
  at("told").textContent = `Answered by ${form.name}, version ${found.version ?? form.version}, in ${Math.max(1, Math.round(performance.now() - started))} ms.`;
}

function draw(question, { items, is_known: isKnown }) {
  at("offered").replaceChildren(...bars(items));
  at("nothing").hidden = items.length > 0;
  tell("outside", isKnown ? "" : stranger(question));
  const best = items.length ? items[0].item : "nothing";
  at("said").textContent = `${items.length} offered, the best: ${best}`;
  at("bar-what").textContent = "The best";
  at("bar-answer").textContent = brief(best, 24);
  at("bar").hidden = isAnswerSeen;
}

/** Say why what is offered is not made for this taste. */
function stranger(question) {
  if (question.user !== undefined) {
    return question.user ? "Nobody of this name is known: this is what is popular." : "Name a user: until then this is what is popular.";
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
  if (refusal.status === 401 || refusal.status === 403) {
    askKey(refusal, retry);
    return;
  }
  if (refusal.reason === "query") { // all that a filter can be refused for
    mark("wish", refusal.message);
    tell("trouble", "");
    return;
  }
  const again = [0, 429, 503].includes(refusal.status);
  tell("trouble", again ? `${refusal.message} Trying again \u2026` : refusal.message);
  clearTimeout(timer);
  if (again) timer = setTimeout(retry, 1000 * Math.max(1, refusal.retryAfter));
}

function stale(says) {
  at("drawn").classList.add("stale");
  at("told").textContent = says;
}

function askKey(refusal, retry) {
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

at("row").addEventListener("submit", (event) => event.preventDefault());
at("item").addEventListener("keydown", (event) => {
  if (event.key === "Enter") {
    event.preventDefault();
    add();
  }
});
at("add").addEventListener("click", () => { add(); at("item").focus(); });
for (const id of ["user", "k", "wish"]) at(id).addEventListener("input", changed);
for (const id of ["by-user", "by-history", "seen"]) at(id).addEventListener("change", () => { turn(); recommend(); });
at("again").addEventListener("click", () => { start(); recommend(); });
at("copy").addEventListener("click", () => copy(command("recommend", read() ?? last?.question ?? {}), at("copy")));
new IntersectionObserver((seen) => {
  isAnswerSeen = seen.at(-1).isIntersecting;
  at("bar").hidden = isAnswerSeen || !last;
}, { threshold: 0.3 }).observe(at("answer"));
open();
