// Requests to the service. The key lives in this module and nowhere else: no storage, no address, no cookie.

let key = "";

/** Why the service gave no answer; `status` is 0 where it could not be reached. */
export class Refusal extends Error {
  constructor(status, problem, retryAfter) {
    super(problem.detail || problem.title || `The service answered with status ${status}.`);
    this.status = status;
    this.column = problem.column;
    this.reason = String(problem.type || "").split(":").at(-1);
    this.retryAfter = retryAfter;
  }
}

export function useKey(given) {
  key = given;
}

export function hasKey() {
  return key !== "";
}

/** GET, or POST rows as JSON; return what came and the version of the model that answered. */
export async function ask(path, { body, signal } = {}) {
  const headers = key ? { authorization: `Bearer ${key}` } : {};
  if (body !== undefined) headers["content-type"] = "application/json";
  const asked = { method: body === undefined ? "GET" : "POST", headers, body, signal };
  let response;
  try {
    response = await fetch(path, { ...asked, credentials: "same-origin", cache: "no-store" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refusal(0, { detail: "The service cannot be reached." });
  }
  const data = await response.json().catch(() => ({}));
  if (!response.ok) throw new Refusal(response.status, data, Number(response.headers.get("retry-after")) || 0);
  return { data, version: response.headers.get("x-model-version") };
}

/** Answer rows, in as many requests as the limits of the service make necessary; the order is kept. */
export async function askRows(rows, form, level, signal) {
  const texts = rows.map((row) => JSON.stringify(row));
  const found = [];
  let body = [];
  let size = 0;
  const flush = async () => {
    found.push(...(await ask(`try${level}`, { body: `[${body.join(",")}]`, signal })).data);
    [body, size] = [[], 0];
  };
  for (const text of texts) {
    const more = new Blob([text]).size + 1;
    if (body.length && (body.length >= form.max_rows || size + more > form.max_body_bytes - 2)) await flush();
    body.push(text);
    size += more;
  }
  await flush();
  return found;
}

/** The newest of several tasks: starting one ends those before it, and an answer that comes late is dropped. */
export class Newest {
  #controller = null;

  /** Run work with a signal; return undefined if newer work began meanwhile. */
  async run(work) {
    this.stop();
    const controller = new AbortController();
    this.#controller = controller;
    try {
      const found = await work(controller.signal);
      return controller.signal.aborted ? undefined : found;
    } catch (error) {
      if (controller.signal.aborted) return undefined;
      throw error;
    }
  }

  stop() {
    this.#controller?.abort();
  }
}
