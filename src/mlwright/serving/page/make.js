// Elements. Whatever comes from a model or from a person goes in as text or as the value of an attribute with a fixed
// name, never as HTML.

const SVG = "http://www.w3.org/2000/svg";

/** Make an element; attributes that are undefined, null or false are left out. */
export function make(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** Make an element of a drawing. */
export function draw(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

export function at(id) {
  return document.getElementById(id);
}

/** Write a text, and hide what would be empty. */
export function tell(id, text) {
  at(id).textContent = text;
  at(id).hidden = !text;
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null && value !== false) {
      element.setAttribute(name, value === true && !name.startsWith("aria-") ? "" : String(value));
    }
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}
