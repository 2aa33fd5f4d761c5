// The smallest help with the document: make an element, find one by its id.

const SAID = new Set(["alt", "aria-label", "title"]); // properties that people read or hear
// Controls, also those that reorder the text around them: as lookalike/terminal/printable.py has them
const CONTROLS = /[\x00-\x1f\x7f-\x9f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

export const byId = id => document.getElementById(id);

/** A name or label in which no control hides or reorders anything: they are shown as in `\x1b`. */
export const printable = text => text.replace(CONTROLS, control => {
  const code = control.charCodeAt(0);
  return code < 256 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
});

/**
 * An element with properties or attributes, and children; those that are null are left out. Texts
 * that people see are made printable; a value, which is sent or compared, stays as it is.
 */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, given] of Object.entries(properties)) {
    const value = SAID.has(name) ? printable(given) : given;
    if (name in made) made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children.filter(child => child !== null)
    .map(child => (typeof child === "string" ? printable(child) : child)));
  return made;
}

export const count = (number, noun) =>
  `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
