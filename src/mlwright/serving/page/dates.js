// Dates in the format that a model was trained on, as Python's strftime writes them.

const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/** Write a moment, given in ISO 8601 without a zone, in a format; all times are in UTC. */
export function written(text, format) {
  const date = new Date(`${text.length === 10 ? `${text}T00:00:00` : text}Z`);
  if (!format) return date.toISOString().slice(0, 19);
  const two = (value) => String(value).padStart(2, "0");
  const parts = {
    Y: String(date.getUTCFullYear()).padStart(4, "0"),
    y: two(date.getUTCFullYear() % 100),
    m: two(date.getUTCMonth() + 1),
    d: two(date.getUTCDate()),
    B: MONTHS[date.getUTCMonth()],
    b: MONTHS[date.getUTCMonth()].slice(0, 3),
    a: DAYS[date.getUTCDay()].slice(0, 3),
    H: two(date.getUTCHours()),
    I: two(date.getUTCHours() % 12 || 12),
    M: two(date.getUTCMinutes()),
    S: two(date.getUTCSeconds()),
    p: date.getUTCHours() < 12 ? "AM" : "PM",
    f: "000000",
    z: "+0000",
  };
  return format.replace(/%([A-Za-z])/g, (whole, letter) => parts[letter] ?? whole);
}
