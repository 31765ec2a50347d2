// What if one value were another and all else as it is: a curve over a range, or a bar for each level.

import { brief, iso, moment, number, percent, seconds, short, ticks } from "./figures.js";
import { draw, make } from "./make.js";

const POINTS = 40;
const MOST_LEVELS = 12;
const DAY = 86_400;
const HEIGHT = 230;
const EDGE = { left: 58, right: 16, top: 14, bottom: 40 };

/** Tell whether there is a range or a list of levels to go through. */
export function canVary(column) {
  if (column.kind === "boolean") return true;
  if (column.kind === "category") return column.levels.length > 0;
  return (column.kind === "number" || column.kind === "datetime") && column.low !== null && column.low !== column.high;
}

/** Return the values to try: 40 over the trained range and the present one, all whole numbers where they are few, or the usual levels. */
export function variants(column, present) {
  if (column.kind === "boolean") return [true, false, null];
  if (column.kind === "category") {
    const known = column.levels.slice(0, MOST_LEVELS);
    if (present !== null && !known.includes(present)) known.push(present);
    return [...known, null];
  }
  const isMoment = column.kind === "datetime";
  const [low, high] = [column.low, column.high].map((end) => (isMoment ? seconds(end) : end));
  const unit = isMoment ? (column.is_day ? DAY : 1) : column.is_integer ? 1 : 0;
  const n = unit && (high - low) / unit <= 60 ? Math.round((high - low) / unit) + 1 : POINTS;
  const even = Array.from({ length: n }, (_, at) => low + ((high - low) * at) / (n - 1));
  const now = present !== null && isMoment ? seconds(present) : present;
  const found = unit ? [...new Set(even.map((size) => low + Math.round((size - low) / unit) * unit))] : even;
  if (isMoment && now !== null && high - low > POINTS * DAY) {
    // Other days at the same time of day: else one would see how the hours differ, and not how the days do.
    found.forEach((size, n) => { found[n] = Math.floor(size / DAY) * DAY + (((now % DAY) + DAY) % DAY); });
  }
  if (now !== null && now > low && now < high && !found.includes(now)) found.push(now);
  found.sort((a, b) => a - b);
  return isMoment ? found.map(iso) : found;
}

/**
 * Draw what the model says of each value. `told` holds the column, the values tried with their answers (`points`:
 * value, y, and low and high where there are intervals), `present` (value and y), and `isChance`.
 */
export function drawWhatIf(root, told, take) {
  const isCurve = told.column.kind === "number" || told.column.kind === "datetime";
  root.replaceChildren(...(isCurve ? curve(root, told, take) : bars(told, take)));
}

function bars({ column, points, present, isChance, what }, take) {
  const write = isChance ? percent : number;
  const ends = isChance ? [0, 1] : [Math.min(0, ...points.map((one) => one.y)), Math.max(0, ...points.map((one) => one.y))];
  const size = ends[1] - ends[0] || 1;
  const items = points.map((one) => {
    const fill = make("span", { class: "fill" });
    fill.style.left = `${(100 * (Math.min(0, one.y) - ends[0])) / size}%`;
    fill.style.width = `${(100 * Math.abs(one.y)) / size}%`;
    const isPresent = one.value === present.value;
    const text = one.value === null ? (column.kind === "boolean" ? "unknown" : "missing") : String(one.value);
    const button = make("button", { type: "button", class: "link name", "aria-pressed": String(isPresent) }, brief(text, 60));
    button.addEventListener("click", () => take(column.name, one.value));
    return make("li", { class: isPresent ? "is-answer" : "" }, make("span", { class: "named" }, button, isPresent ? make("span", { class: "soft" }, " now") : ""),
      make("span", { class: "share" }, write(one.y)), make("span", { class: "track", "aria-hidden": true }, fill));
  });
  const title = make("p", { class: "soft small" }, `${what}, by ${column.name}. Choose one to take it.`);
  return [title, make("ul", { class: "bars", "aria-label": `${what}, by ${column.name}` }, ...items)];
}

function curve(root, { column, points, present, isChance, what }, take) {
  const write = isChance ? percent : number;
  const isMoment = column.kind === "datetime";
  const size = (value) => (isMoment ? seconds(value) : value);
  const shown = (value) => (isMoment ? moment(value) : short(column.is_integer ? value : Number(value.toPrecision(4))));
  const width = Math.max(260, root.clientWidth || 380);
  const tried = points.map((one) => size(one.value));
  const [low, high] = [Math.min(...tried), Math.max(...tried)];
  const reach = 0.15 * (high - low); // a value from far away would leave the curve no room
  const hasPresent = present.value !== null && size(present.value) >= low - reach && size(present.value) <= high + reach;
  const x = axis([...tried, ...(hasPresent ? [size(present.value)] : [])], EDGE.left, width - EDGE.right);
  const y = axis(heights(points, present, isChance), HEIGHT - EDGE.bottom, EDGE.top);
  const parts = [];
  for (const tick of ticks(y.low, y.high, 5)) {
    parts.push(draw("line", { x1: EDGE.left, x2: width - EDGE.right, y1: y.at(tick), y2: y.at(tick), class: "grid" }));
    parts.push(draw("text", { x: EDGE.left - 8, y: y.at(tick) + 4, class: "tick end" }, isChance ? `${Number((tick * 100).toPrecision(6))} %` : short(tick)));
  }
  parts.push(...marks(x, isMoment, width));
  const line = points.map((one) => `${x.at(size(one.value)).toFixed(1)},${y.at(one.y).toFixed(1)}`);
  if (points[0].low !== undefined) {
    const back = [...points].reverse().map((one) => `${x.at(size(one.value)).toFixed(1)},${y.at(one.low).toFixed(1)}`);
    const up = points.map((one) => `${x.at(size(one.value)).toFixed(1)},${y.at(one.high).toFixed(1)}`);
    parts.push(draw("polygon", { points: [...up, ...back].join(" "), class: "area" }));
  }
  parts.push(draw("polyline", { points: line.join(" "), class: "line" }));
  if (hasPresent) parts.push(draw("line", { x1: x.at(size(present.value)), x2: x.at(size(present.value)), y1: EDGE.top, y2: HEIGHT - EDGE.bottom, class: "now" }));
  else parts.push(draw("line", { x1: EDGE.left, x2: width - EDGE.right, y1: y.at(present.y), y2: y.at(present.y), class: "now" }));
  if (hasPresent) parts.push(draw("circle", { cx: x.at(size(present.value)), cy: y.at(present.y), r: 6, class: "dot" }));
  const guide = draw("line", { y1: EDGE.top, y2: HEIGHT - EDGE.bottom, class: "guide", visibility: "hidden" });
  const says = summary(points, present, column, write, shown);
  const svg = draw("svg", { class: "drawing curve", width, height: HEIGHT, viewBox: `0 0 ${width} ${HEIGHT}`, role: "img", "aria-label": `${what}, by ${column.name}. ${says}` }, ...parts, guide);
  const readout = make("p", { class: "soft small" }, says);
  const nearest = (event) => {
    const from = event.clientX - svg.getBoundingClientRect().left;
    return points.reduce((best, one) => (Math.abs(x.at(size(one.value)) - from) < Math.abs(x.at(size(best.value)) - from) ? one : best));
  };
  svg.addEventListener("pointermove", (event) => {
    const one = nearest(event);
    const place = x.at(size(one.value));
    for (const end of ["x1", "x2"]) guide.setAttribute(end, place);
    guide.setAttribute("visibility", "visible");
    readout.textContent = `${column.name} ${shown(one.value)}: ${write(one.y)}. Click to take it.`;
  });
  svg.addEventListener("pointerleave", () => { guide.setAttribute("visibility", "hidden"); readout.textContent = says; });
  svg.addEventListener("click", (event) => take(column.name, nearest(event).value));
  return [make("p", { class: "soft small" }, `${what}, by ${column.name}`), svg, readout];
}

/** Say where the answer is lowest and highest, and where it stands. */
function summary(points, present, column, write, shown) {
  const [low, high] = [Math.min, Math.max].map((end) => points.find((one) => one.y === end(...points.map((other) => other.y))));
  const now = present.value === null ? `Missing now: ${write(present.y)}.` : `Now ${shown(present.value)}: ${write(present.y)}.`;
  if (write(low.y) === write(high.y)) return `${now} It makes no difference here.`;
  return `${now} Lowest at ${shown(low.value)} (${write(low.y)}), highest at ${shown(high.value)} (${write(high.y)}).`;
}

function heights(points, present, isChance) {
  const found = [...points.flatMap((one) => [one.y, one.low ?? one.y, one.high ?? one.y]), present.y];
  const [low, high] = [Math.min(...found), Math.max(...found)];
  const room = Math.max(0.08 * (high - low), isChance ? 0.01 : 1e-9 * Math.max(1, Math.abs(high)));
  return isChance ? [Math.max(0, low - room), Math.min(1, high + room)] : [low - room, high + room];
}

function marks(x, isMoment, width) {
  const places = isMoment ? [x.low, (x.low + x.high) / 2, x.high] : ticks(x.low, x.high, width < 340 ? 4 : 7);
  const text = (place) => (isMoment ? iso(place).slice(0, 10) : short(place));
  return places.map((place, n) => {
    const isFirst = isMoment && n === 0;
    const side = isMoment && n === 2 ? "end" : isFirst ? "" : "middle";
    return draw("text", { x: x.at(place), y: HEIGHT - EDGE.bottom + 20, class: `tick ${side}` }, text(place));
  });
}

function axis(values, from, to) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const span = high - low || 1;
  return { low, high: low + span, at: (value) => from + ((to - from) * (value - low)) / span };
}
