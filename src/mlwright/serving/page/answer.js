// The answer: chances as bars, a value with its interval, what to decide; drawn once, then moved.

import { brief, listing, number, percent, short } from "./figures.js";
import { draw, make } from "./make.js";

const MOST_BARS = 8;

/** Return a function that draws an answer into `root` and returns it in a few words. */
export function makeAnswer(root, form) {
  return form.classes.length ? ofClasses(root, form) : ofValue(root, form);
}

/** The class whose chance is told first: the second of two, of more the one that was answered. */
export function followed(form, answer) {
  if (form.classes.length === 2) return form.classes[1];
  return form.classes.find((one) => one.label === answer.prediction) ?? null;
}

function ofClasses(root, form) {
  const what = make("p", { class: "what" });
  const big = make("p", { class: "big" });
  const list = make("ul", { class: "bars", "aria-label": "Chances" });
  const says = make("p", { class: "says" });
  root.replaceChildren(what, big, list, says);
  const isFixed = form.classes.length <= MOST_BARS;
  let bars = isFixed ? form.classes.map((one) => bar(list, one.text)) : [];
  return (answer) => {
    const told = followed(form, answer);
    const chances = form.classes.map((one) => ({ ...one, share: answer[one.key] }));
    what.textContent = form.classes.length === 2 ? `Chance that ${form.target} is ${told.text}` : `${form.target} is most likely`;
    big.textContent = form.classes.length === 2 ? percent(answer[told.key]) : (told?.text ?? String(answer.prediction));
    big.classList.toggle("long", big.textContent.length > 14);
    let shown = chances;
    if (!isFixed) {
      shown = [...chances].sort((a, b) => b.share - a.share);
      const rest = shown.splice(MOST_BARS - 1);
      const left = rest.reduce((sum, one) => sum + one.share, 0);
      shown.push({ text: `the other ${rest.length} together`, share: left });
      list.replaceChildren();
      bars = shown.map((one) => bar(list, one.text));
    }
    shown.forEach((one, n) => bars[n](one.share, one.label !== undefined && one.label === answer.prediction));
    says.replaceChildren(...sentences(form, answer));
    if (form.classes.length === 2) return [`${form.target} is ${told.text}`, percent(answer[told.key])];
    return [`${form.target}, by ${percent(answer[told?.key] ?? 0)}`, told?.text ?? ""];
  };
}

/** Say the decision and the set, where the model gives them. */
function sentences(form, answer) {
  const text = (label) => form.classes.find((one) => one.label === label)?.text ?? String(label);
  const found = [];
  if (form.classes.length === 2) found.push(make("span", {}, "Answer: ", make("b", {}, text(answer.prediction)), "."));
  if (answer.decision !== undefined) {
    found.push(make("span", {}, "Decide: ", make("b", {}, text(answer.decision)), ", which costs least."));
  }
  if (answer.prediction_set) {
    const labels = answer.prediction_set.map(text);
    const level = `With ${Math.round(form.level * 100)} % certainty `;
    if (!labels.length) found.push(make("span", {}, level, "it names none: it is less sure of this row than of most."));
    else if (labels.length === form.classes.length) found.push(make("span", {}, level, "it can rule nothing out."));
    else found.push(make("span", {}, level, "it is ", make("b", {}, listing(labels.map((one) => brief(one)), "or")), "."));
  }
  return found;
}

function bar(list, text) {
  const fill = make("span", { class: "fill" });
  const share = make("span", { class: "share" });
  const item = make("li", {}, make("span", { class: "name" }, brief(text, 60)), share, make("span", { class: "track", "aria-hidden": true }, fill));
  list.append(item);
  return (value, isAnswer) => {
    fill.style.width = `${Math.max(0, Math.min(1, value)) * 100}%`;
    share.textContent = percent(value);
    item.classList.toggle("is-answer", isAnswer);
  };
}

function ofValue(root, form) {
  const what = make("p", { class: "what" }, form.target);
  const big = make("p", { class: "big" });
  const scale = make("div", { class: "scale" });
  const says = make("p", { class: "says" });
  root.replaceChildren(what, big, scale, says);
  return (answer) => {
    const { prediction: value, prediction_low: low, prediction_high: high } = answer;
    big.textContent = number(value);
    const hasInterval = low !== undefined;
    scale.replaceChildren(drawnScale(form, value, hasInterval ? [low, high] : []));
    says.textContent = hasInterval ? `In ${Math.round(form.level * 100)} of 100 cases the truth lies between ${number(low)} and ${number(high)}.` : "";
    return [form.target, number(value)];
  };
}

/** Draw where a value lies among those that the model usually gives, with its interval. */
function drawnScale(form, value, interval) {
  const { "0.05": usualLow, "0.95": usualHigh } = form.prediction;
  const known = [usualLow, usualHigh, value, ...interval].filter((size) => size !== undefined);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const place = (size) => (high > low ? 1 + (98 * (size - low)) / (high - low) : 50);
  const parts = [draw("line", { x1: "1%", x2: "99%", y1: 14, y2: 14, class: "rule" })];
  if (interval.length) {
    parts.push(draw("line", { x1: `${place(interval[0])}%`, x2: `${place(interval[1])}%`, y1: 14, y2: 14, class: "interval" }));
  }
  parts.push(draw("circle", { cx: `${place(value)}%`, cy: 14, r: 6, class: "dot" }));
  parts.push(draw("text", { x: "0%", y: 40, class: "tick" }, short(Number(low.toPrecision(3)))));
  if (usualLow !== undefined) parts.push(draw("text", { x: "50%", y: 40, class: "tick middle" }, "among its usual answers"));
  parts.push(draw("text", { x: "100%", y: 40, class: "tick end" }, short(Number(high.toPrecision(3)))));
  return draw("svg", { class: "drawing", width: "100%", height: 46, "aria-hidden": true }, ...parts);
}
