// Requests as commands, and copying them.

import { hasKey } from "./ask.js";
import { make } from "./make.js";

/** Write a request as a command; the key is left to the shell. */
export function command(path, body) {
  const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  const who = hasKey() ? ' -H "Authorization: Bearer $KEY"' : "";
  const address = new URL(path, document.baseURI).href;
  return `curl ${quoted(address)}${who} -H 'Content-Type: application/json' -d ${quoted(JSON.stringify(body))}`;
}

/** Copy a text, also where there is no secure connection, and say so on the button. */
export async function copy(text, button) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = make("textarea", { class: "hidden", "aria-hidden": true });
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  button.textContent = "Copied";
  setTimeout(() => { button.textContent = "Copy curl"; }, 1500);
}
