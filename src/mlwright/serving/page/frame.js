// The frame of both pages: which model it is, its answer in short, another model, keys, and what went wrong.

import { hasKey, useKey } from "./ask.js";
import { at, tell } from "./make.js";

const PATIENCE_MS = 5_000;
let isAnswered = false;
let isAnswerSeen = false;
let exchangedAt = -PATIENCE_MS;

/** Say which model it is, what it answers, and whether to trust it. */
export function present(form) {
  document.title = `${form.question} \u00b7 mlwright`;
  at("key").hidden = true;
  at("question").textContent = form.question;
  at("headline").textContent = form.headline;
  tell("name", form.name);
  tell("version", form.version);
  at("model").hidden = false;
  tell("verdict", form.verdict.tone === "good" ? "" : `${form.verdict.title}: ${form.verdict.reason}`);
  at("desk").hidden = false;
  at("caution").hidden = false;
}

/** Say the answer in short, who gave it, and in what time; `spoken` is for those who listen. */
export function summarize(form, { version }, started, [what, says], spoken = `${what}: ${says}`) {
  isAnswered = true;
  tell("trouble", "");
  at("drawn").classList.remove("stale");
  at("bar-what").textContent = what;
  at("bar-answer").textContent = says;
  at("bar").hidden = isAnswerSeen;
  at("said").textContent = spoken;
  at("told").textContent = `Answered by ${form.name}, version ${version ?? form.version}, in ${Math.max(1, Math.round(performance.now() - started))} ms.`;
}

/** Tell whether another model answered, and say so, so that its form is asked for. While a service is being updated
 * both models may answer in turn: then each says who it is, and that is enough. */
export function isExchanged(form, { version }) {
  if (!version || version === form.version || performance.now() - exchangedAt <= PATIENCE_MS) return false;
  exchangedAt = performance.now();
  tell("exchanged", `The model was exchanged while you were here: version ${version} answers now.`);
  return true;
}

/** Show that what is drawn is no longer the answer. */
export function stale(says) {
  at("drawn").classList.add("stale");
  at("told").textContent = says;
}

/** Ask for a key where one is missing, and go on with it; return whether that was it. */
export function askKey(refusal, isOpen, retry) {
  if (refusal.status !== 401 && refusal.status !== 403) return false;
  if (!isOpen) at("headline").textContent = "It asks who wants to know.";
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
  return true;
}

/** Say what went wrong; return in how many milliseconds to try again, 0 for not at all. */
export function trouble(refusal) {
  const again = [0, 429, 503].includes(refusal.status);
  tell("trouble", again ? `${refusal.message} Trying again \u2026` : refusal.message);
  return again ? 1000 * Math.max(1, refusal.retryAfter) : 0;
}

// A rail that is higher than the window sticks with its end, another with its beginning.
new ResizeObserver(() => at("rail").style.setProperty("--rail", `${at("rail").offsetHeight}px`)).observe(at("rail"));
new IntersectionObserver((seen) => {
  isAnswerSeen = seen.at(-1).isIntersecting;
  at("bar").hidden = isAnswerSeen || !isAnswered;
}, { threshold: 0.3 }).observe(at("answer"));
