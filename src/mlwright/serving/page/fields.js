// Fields: one for each column of a row. A field is {column, element, read, write, see, warning, say}; `read` gives
// {value} or {error}, null is a missing value, and moments are texts in ISO 8601. A column that `is_loose` may be left
// out, and hold what training never saw: nothing is unusual there, and its range is that of most.

import { brief, moment, nice, number, seconds, short } from "./figures.js";
import { make } from "./make.js";

const FEW_LEVELS = 25;
const ORDER = new Intl.Collator("en", { numeric: true });
const CONTROLS = { number: numeric, boolean: truth, datetime: date, category: levels, text: sentences };
let count = 0;

/** Make the field of a column; `changed` is called when a person changes it. */
export function makeField(column, changed) {
  count += 1;
  const id = `field-${count}`;
  const control = (CONTROLS[column.kind] ?? words)(column, id, changed);
  const note = make("p", { class: "note", id: `${id}-note` });
  const hint = make("span", { class: "hint", id: `${id}-hint` }, control.hint ?? "");
  const described = `${id}-hint ${id}-note`;
  let element;
  if (control.isGroup) {
    element = make("fieldset", { class: "field", "aria-describedby": described },
      make("legend", { class: "label" }, make("span", { class: "name" }, column.name)), ...control.elements, note);
  } else {
    control.main.id = id;
    control.main.setAttribute("aria-describedby", described);
    element = make("div", { class: control.isWide ? "field wide" : "field" },
      make("div", { class: "label" }, make("label", { class: "name", for: id }, column.name), hint), ...control.elements, note);
  }
  const field = { column, element, read: control.read, write: control.write, focus: () => control.main.focus() };
  field.see = () => show(field, control, note, "");
  field.say = (error) => show(field, control, note, error);
  return field;
}

/** Say what is wrong with a field, else what is unusual about its value; return the latter. */
function show(field, control, note, error) {
  const { value, error: unreadable } = field.read();
  const wrong = error || unreadable || "";
  const warning = wrong ? "" : unusual(field.column, value);
  note.textContent = wrong || warning;
  note.className = wrong ? "note bad" : "note warn";
  if (wrong) control.main.setAttribute("aria-invalid", "true");
  else control.main.removeAttribute("aria-invalid");
  return warning;
}

/** Say how a value differs from all that the model was trained on; "" if it does not. */
export function unusual(column, value) {
  if (column.is_loose) return "";
  if (value === null && column.start === null && column.is_never_missing) return "Nothing usual is known of it: write what a row may hold. It was never missing in training.";
  if (value === null) return column.is_never_missing ? "It was never missing in training." : "";
  if (column.kind === "number" || column.kind === "datetime") {
    const [size, low, high] = column.kind === "number"
      ? [value, column.low, column.high]
      : [value, column.low, column.high].map((text) => (text === null ? null : seconds(text)));
    if (low === null || high === null || (size >= low && size <= high)) return "";
    return `Trained on ${range(column)} only.`;
  }
  if (column.levels?.length && column.are_all && !column.levels.includes(value)) return "Never seen in training.";
  return "";
}

function none(column) {
  return column.is_loose ? "not told" : "missing";
}

function range(column) {
  const write = column.kind === "number" ? short : moment;
  return column.low === column.high ? write(column.low) : `${write(column.low)} to ${write(column.high)}`;
}

function numeric(column, id, changed) {
  const hasRange = typeof column.low === "number" && column.low < column.high;
  const step = hasRange ? nice((column.high - column.low) / 100) : 1;
  const whole = column.is_integer ? Math.max(1, step) : step;
  const main = make("input", { type: "number", inputmode: column.is_integer && column.low >= 0 ? "numeric" : "decimal", step: whole, placeholder: none(column) });
  // For pointers only: by keyboard the arrows of the input do the same, so it is no second stop.
  const slider = hasRange
    ? make("input", { type: "range", min: column.low, max: column.high, step: column.is_integer ? 1 : "any", tabindex: -1, "aria-hidden": true })
    : null;
  const follow = () => {
    if (!slider) return;
    slider.classList.toggle("off", main.value === "");
    slider.value = main.value === "" ? (column.low + column.high) / 2 : main.value;
  };
  main.addEventListener("input", () => { follow(); changed(); });
  slider?.addEventListener("input", () => {
    const value = Number(slider.value);
    main.value = column.is_integer ? Math.round(value) : Number(value.toPrecision(4));
    slider.classList.remove("off");
    changed();
  });
  return {
    main,
    elements: [main, slider],
    hint: typeof column.low === "number" ? `${column.is_loose ? "most: " : ""}${range(column)}` : "",
    read() {
      if (main.validity.badInput) return { error: "This is no number." };
      if (main.value === "") return { value: null };
      return Number.isFinite(main.valueAsNumber) ? { value: main.valueAsNumber } : { error: "This number is too large." };
    },
    write(value) { main.value = value ?? ""; follow(); },
  };
}

function truth(column, id, changed) {
  const choices = [[true, "true"], [false, "false"], [null, "unknown"]];
  const radios = choices.map(([, text]) => make("input", { type: "radio", name: id, value: text }));
  radios.forEach((radio) => radio.addEventListener("change", changed));
  const group = make("div", { class: "choices" }, ...radios.map((radio, n) => make("label", {}, radio, make("span", {}, choices[n][1]))));
  return {
    main: radios[0],
    elements: [group],
    isGroup: true,
    read: () => ({ value: choices[radios.findIndex((radio) => radio.checked)]?.[0] ?? null }),
    write: (value) => { radios[choices.findIndex(([known]) => known === value)].checked = true; },
  };
}

function date(column, id, changed) {
  const main = make("input", column.is_day ? { type: "date" } : { type: "datetime-local", step: 1 });
  main.addEventListener("input", changed);
  return {
    main,
    elements: [main],
    hint: column.low ? `${column.low.slice(0, 10)} to ${column.high.slice(0, 10)}${column.is_day ? "" : ", UTC"}` : "UTC",
    read() {
      if (main.validity.badInput) return { error: "This date is not complete." };
      return { value: main.value === "" ? null : whole(main.value) };
    },
    write: (value) => { main.value = value === null ? "" : column.is_day ? value.slice(0, 10) : value; },
  };
}

/** Return a moment to the second: browsers leave out seconds that are zero. */
function whole(text) {
  return text.length === 10 ? `${text}T00:00:00` : text.length === 16 ? `${text}:00` : text.slice(0, 19);
}

function levels(column, id, changed) {
  const known = [...column.levels].sort(ORDER.compare);
  if (known.length > FEW_LEVELS || !column.are_all) return listed(column, id, changed, known);
  const options = [make("option", {}, none(column)), ...known.map((level) => make("option", {}, brief(level, 80)))];
  const main = make("select", {}, ...options);
  main.addEventListener("change", changed);
  return {
    main,
    elements: [main],
    read: () => ({ value: main.selectedIndex < 1 ? null : known[main.selectedIndex - 1] }),
    write: (value) => { main.selectedIndex = known.indexOf(value) + 1; },
  };
}

function listed(column, id, changed, known) {
  const found = words(column, id, changed);
  found.main.setAttribute("list", `${id}-levels`);
  const list = make("datalist", { id: `${id}-levels` }, ...known.map((level) => make("option", { value: level })));
  const several = column.is_loose && !column.are_all ? ", several with |" : "";
  return { ...found, elements: [...found.elements, list], hint: `${column.are_all || column.is_loose ? "" : "more than "}${number(column.levels.length)} known${several}` };
}

function words(column, id, changed) {
  return typed(make("input", { type: "text", placeholder: none(column), spellcheck: "false" }), changed);
}

function sentences(column, id, changed) {
  return { ...typed(make("textarea", { rows: 4, placeholder: none(column) }), changed), isWide: true };
}

function typed(main, changed) {
  main.addEventListener("input", changed);
  return {
    main,
    elements: [main],
    read: () => ({ value: main.value === "" ? null : main.value }),
    write: (value) => { main.value = value ?? ""; },
  };
}
