// What is searched for: the examples and counterexamples, each with what can be done to it.

import { byId, element, printable } from "./dom.js";
import { show } from "./pictures.js";
import { metadata } from "./service.js";

const records = new Map(); // id → promise of what is known of an indexed image

export function recordOf(id) {
  if (!records.has(id)) {
    const record = metadata(id);
    record.catch(() => records.delete(id));
    records.set(id, record);
  }
  return records.get(id);
}

/**
 * Show the examples. Each is `{ upload }` (`{ file, address }`) or `{ id }`, and `unlike` where it is a
 * counterexample. `actions`: `remove`, `crop`, each of an example.
 */
export function showExamples(examples, actions) {
  byId("query").hidden = !examples.length;
  const alone = examples.length === 1;
  const add = element("li", { className: "add" },
    element("button", { type: "button", "data-intake": "choose", "data-adds": "true" },
      element("span", { "aria-hidden": "true" }, "+"), "Add an example"));
  byId("examples").replaceChildren(...examples.map(example => shown(example, alone, actions)), add);
}

function shown(example, alone, actions) {
  const name = element("span", { className: "name" });
  const about = element("span", { className: "about" });
  const picture = element("img", { alt: "", className: "example-picture" });
  if (example.upload) {
    name.textContent = printable(example.upload.file.name);
    picture.alt = "Your picture";
    picture.src = example.upload.address;
    picture.addEventListener("load", () => {
      about.textContent = `${picture.naturalWidth} × ${picture.naturalHeight}`;
      picture.classList.toggle("tiny", Math.max(picture.naturalWidth, picture.naturalHeight) <= 48);
    });
    picture.addEventListener("error", () => { about.textContent = "no preview in this browser"; });
  } else {
    recordOf(example.id).then(record => {
      name.textContent = printable(record.label ?? record.path);
      about.textContent = said(record);
      picture.alt = name.textContent;
      show(picture, record, alone);
    }, () => { name.textContent = "not in this index"; });
  }
  const button = (action, text) => {
    const made = element("button", { type: "button", className: "quiet" }, text);
    made.addEventListener("click", () => actions[action](example, picture));
    return made;
  };
  return element("li", { className: `example${example.unlike ? " unlike" : ""}` },
    element("div", { className: "example-frame" }, picture,
      element("span", { className: "sign" }, example.unlike ? "Unlike" : "Like")),
    element("p", {}, name, about),
    element("p", { className: "buttons" },
      example.unlike ? null : button("crop", "Crop"), button("remove", "Remove")));
}

function said({ label, predicted_label: predicted, split, width, height }) {
  const model = predicted && predicted !== label ? `taken for ${predicted}` : null;
  return [`${width} × ${height}`, split, model].filter(Boolean).join(" · ");
}
