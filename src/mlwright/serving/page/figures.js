// Numbers as people read them, as the report writes them.

const MINUS = "\u2212";
const GROUPED = { useGrouping: "min2" }; // years have no comma

/** Write a number with about three significant digits. */
export function number(value) {
  if (typeof value !== "number" || !Number.isFinite(value)) return "\u2013";
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e15) return signed(value.toLocaleString("en", GROUPED));
  if (size >= 1e15 || size < 0.0005) return signed(value.toExponential(2));
  return signed(fixed(value, decimals(size)));
}

/** Write the end of a range or a mark of an axis: without zeros that tell nothing. */
export function short(value) {
  if (typeof value !== "number" || !Number.isFinite(value)) return "\u2013";
  const size = Math.abs(value);
  if (size >= 1e15 || (size > 0 && size < 0.0005)) return signed(value.toExponential(1));
  return signed(value.toLocaleString("en", { ...GROUPED, ...(size >= 1000 ? { maximumFractionDigits: 2 } : { maximumSignificantDigits: 4 }) }));
}

/** Write a share; one that is not quite none or all is not rounded to it. */
export function percent(share) {
  if (share > 0 && share < 0.001) return "< 0.1 %";
  if (share < 1 && share > 0.999) return "> 99.9 %";
  return `${(share * 100).toFixed(share === 0 || share === 1 ? 0 : 1)} %`;
}

/** Write by how much columns moved an answer: points of a hundred for chances. All get as many decimals as the
 * largest needs for three digits, so that they are true, can be compared, and add up as far as rounding lets them. */
export function amounts(values, isChance) {
  const sizes = values.map((value) => Math.abs(isChance ? value * 100 : value));
  const largest = Math.max(...sizes, 0);
  const isPlain = isChance || (largest < 1e15 && (largest >= 0.0005 || largest === 0));
  const places = isChance ? 1 : decimals(largest);
  const write = (size) => (isPlain ? fixed(size, places) : size.toExponential(2));
  return sizes.map((size, n) => `${values[n] < 0 ? MINUS : "+"}${signed(write(size))}`);
}

/** Write a moment, given in ISO 8601 or in seconds since 1970, without what is zero. */
export function moment(value) {
  const text = typeof value === "number" ? iso(value) : String(value);
  return text.replace("T", " ").replace(/ 00:00:00$/, "").replace(/(:\d\d):00$/, "$1");
}

/** Seconds since 1970 of a moment in UTC. */
export function seconds(text) {
  return Date.parse(`${text.length === 10 ? `${text}T00:00:00` : text}Z`) / 1000;
}

export function iso(time) {
  return new Date(time * 1000).toISOString().slice(0, 19);
}

/** Write names as a sentence does. */
export function listing(words, last = "and") {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} ${last} ${words.at(-1)}`;
}

export function brief(text, most = 40) {
  return text.length <= most ? text : `${text.slice(0, most - 1)}\u2026`;
}

/** Round marks inside a range, at most one more than so many. */
export function ticks(low, high, most) {
  const size = (high - low) / most;
  const power = 10 ** Math.floor(Math.log10(size));
  const step = [1, 2, 5].map((times) => times * power).find((found) => found >= size * (1 - 1e-9)) ?? 10 * power;
  const found = [];
  for (let n = Math.ceil(low / step - 1e-9); n * step <= high + step * 1e-9; n += 1) found.push(n * step || 0);
  return found;
}

/** The largest of 1, 2 and 5 times a power of ten that is not above. */
export function nice(size) {
  const power = 10 ** Math.floor(Math.log10(size));
  return [5, 2, 1].map((times) => times * power).find((step) => step <= size * (1 + 1e-9)) ?? power;
}

function decimals(size) {
  return size >= 1000 ? 0 : size >= 100 ? 1 : size >= 1 ? 2 : 3;
}

function fixed(value, places) {
  return value.toLocaleString("en", { ...GROUPED, minimumFractionDigits: places, maximumFractionDigits: places });
}

function signed(text) {
  return text.replaceAll("-", MINUS);
}
