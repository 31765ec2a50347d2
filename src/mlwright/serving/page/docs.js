// The docs: what openapi.json says, for people, with an example and a command for each route.

import { ask, hasKey, useKey } from "./ask.js";
import { at, make, tell } from "./make.js";

const VERBS = ["get", "post", "put", "patch", "delete"];
const DEEPEST = 6;
const TAGS = { answers: "Answers", model: "The model", health: "Health and counters" };
let first = "/predict";

async function open() {
  let api;
  try {
    api = (await ask("openapi.json")).data;
  } catch (refusal) {
    if (refusal.status === 401 || refusal.status === 403) askKey(refusal);
    else tell("trouble", refusal.message);
    return;
  }
  tell("trouble", "");
  at("key").hidden = true;
  at("about").textContent = `version ${api.info.version}`;
  first = api.paths["/recommend"] ? "/recommend" : "/predict";
  const routes = Object.entries(api.paths).flatMap(([path, verbs]) =>
    VERBS.filter((verb) => verbs[verb]).map((verb) => ({ path, verb, ...verbs[verb] })));
  const tags = [...new Set([...Object.keys(TAGS), ...routes.map((one) => one.tags?.[0] ?? "others")])];
  const groups = tags.map((tag) => [tag, routes.filter((one) => (one.tags?.[0] ?? "others") === tag)]);
  at("routes").replaceChildren(...groups.filter(([, found]) => found.length).flatMap(([tag, found]) => [
    make("h2", {}, TAGS[tag] ?? tag),
    make("div", { class: "routes" }, ...found.sort(byWeight).map((one) => route(api, one))),
  ]));
}

/** Our own route first: it is the one to begin with. */
function byWeight(a, b) {
  return (b.path === first) - (a.path === first);
}

function route(api, one) {
  const summary = make("summary", {}, make("span", { class: "method" }, one.verb.toUpperCase()), make("span", { class: "path" }, one.path), make("span", { class: "soft" }, says(one)));
  const inside = make("div", {});
  const box = make("details", { class: "panel route", open: one.path === first }, summary, inside);
  const write = () => { if (!inside.childElementCount) inside.append(...told(api, one)); };
  if (box.open) write();
  box.addEventListener("toggle", write);
  return box;
}

/** One line: where there is only a name of a function made into words, the description tells more. */
function says(one) {
  return one.description?.split("\n")[0] || one.summary || "";
}

function told(api, one) {
  const content = Object.entries(one.requestBody?.content ?? {});
  const [type, { schema } = {}] = content[0] ?? [];
  const body = type === undefined ? null : example(api, schema);
  const parts = [];
  if (one.description?.includes("\n")) parts.push(make("p", {}, one.description));
  parts.push(make("h3", {}, "Command"), sample(command(one, type, body)));
  if (one.parameters?.length) {
    parts.push(make("h3", {}, "In the address"), table(["Name", "Is", "Says"], one.parameters.map((each) => [each.name, named(each.schema), each.description ?? ""])));
  }
  if (body !== null) {
    parts.push(make("h3", {}, `Body, ${content.map(([name]) => name).join(" or ")}`), sample(JSON.stringify(body, null, 2)));
    parts.push(...columns(api, schema));
  }
  const good = one.responses?.["200"]?.content?.["application/json"]?.schema;
  if (good && Object.keys(good).length) parts.push(make("h3", {}, "Answer"), sample(JSON.stringify(example(api, good), null, 2)));
  const statuses = Object.entries(one.responses ?? {}).map(([status, each]) => [status, Object.keys(each.content ?? {}).join(", "), each.description ?? ""]);
  parts.push(make("h3", {}, "Statuses"), table(["Status", "Content", "Says"], statuses));
  return parts;
}

/** List the columns of a row, where the body is rows. */
function columns(api, schema) {
  const row = resolved(api, schema?.oneOf?.[0] ?? schema ?? {});
  if (row !== api.components?.schemas?.Row) return [];
  const lines = Object.entries(row.properties).map(([name, cell]) => [name, named(cell), cell.description ?? ""]);
  return [make("details", {}, make("summary", {}, `The ${lines.length.toLocaleString("en")} ${row.title ?? "columns of a row"}`), table(["Column", "Is", "Says"], lines))];
}

function command(one, type, body) {
  const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  const parts = [`curl ${quoted(new URL(one.path.slice(1), new URL(".", document.baseURI)).href)}`];
  if (hasKey()) parts.push('-H "Authorization: Bearer $KEY"');
  if (one.verb !== "get" && type === undefined) parts.push(`-X ${one.verb.toUpperCase()}`);
  if (type !== undefined) parts.push(`-H ${quoted(`Content-Type: ${type}`)}`, `-d ${quoted(JSON.stringify(body))}`);
  return parts.join(" \\\n  ");
}

function resolved(api, schema) {
  const name = schema.$ref?.split("/").at(-1);
  return name ? (api.components?.schemas?.[name] ?? {}) : schema;
}

/** Make up what fits a shape: its example, its first choice, one of each. */
function example(api, given, depth = 0) {
  const schema = resolved(api, given ?? {});
  const known = schema.example ?? schema.const ?? schema.default ?? schema.examples?.[0] ?? schema.enum?.[0];
  if (known !== undefined || depth > DEEPEST) return known ?? null;
  const choice = schema.oneOf?.[0] ?? schema.anyOf?.[0] ?? schema.allOf?.[0];
  if (choice) return example(api, choice, depth + 1);
  const type = [schema.type].flat()[0];
  if (type === "array") return [example(api, schema.items, depth + 1)];
  if (type === "object" || schema.properties) {
    const needed = Object.entries(schema.properties ?? {}).filter(([name]) => !schema.required || schema.required.includes(name));
    return Object.fromEntries(needed.map(([name, each]) => [name, example(api, each, depth + 1)]));
  }
  return { string: "text", integer: 1, number: 0.5, boolean: true }[type] ?? null;
}

function named(schema) {
  return schema?.enum ? schema.enum.map((one) => JSON.stringify(one)).join(", ") : [schema?.type ?? "any"].flat().join(", ");
}

function sample(text) {
  const pre = make("pre", { tabindex: 0, role: "group", "aria-label": "Sample" }, text);
  const button = make("button", { type: "button" }, "Copy");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch { // no secure connection: the person copies
      getSelection().selectAllChildren(pre);
      button.textContent = "Selected";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  });
  return make("div", { class: "sample" }, pre, button);
}

function table(titles, lines) {
  const head = make("thead", {}, make("tr", {}, ...titles.map((title) => make("th", { scope: "col" }, title))));
  const body = lines.map(([first, ...rest]) => make("tr", {}, make("th", { scope: "row" }, first), ...rest.map((cell) => make("td", {}, cell))));
  return make("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": titles.join(", ") }, make("table", {}, head, make("tbody", {}, ...body)));
}

function askKey(refusal) {
  at("key").hidden = false;
  at("key-note").textContent = hasKey() ? refusal.message : "";
  at("key-value").focus();
}

at("key").addEventListener("submit", (event) => {
  event.preventDefault();
  useKey(at("key-value").value.trim());
  at("key-value").value = "";
  open();
});
open();
