// "Why": the query and a hit side by side, with what is known of both.

import { relation } from "./copies.js";
import { byId, element, printable } from "./dom.js";
import { show } from "./pictures.js";
import { sendHardNegative } from "./service.js";

const VERDICTS = {
  "same file": "The very same file.",
  copy: "A copy: the same picture, perhaps in another size or compression.",
  "look-alike": "No copy: to the model it looks the same, but the pixels differ.",
  "": "A different picture that the model finds similar.",
};
const ROWS = [
  ["Path", record => record.path],
  ["Label", record => record.label],
  ["Model says", record => record.predicted_label],
  ["Split", record => record.split],
  ["Size", record => (record.width ? `${record.width} × ${record.height} pixels` : null)],
  ["Source", record => record.source],
  ["Id", record => record.id],
];

const dialog = byId("comparison");
const notAlike = new Set(); // the pairs that were called so
let query, hits, pixels, place;

/**
 * Open it at a hit.
 *
 * @param asked `{ examples, ids, pixels, id }`; an example is a record, with `address` where it is a file;
 *   `id` is by what the service knows a single example, else null
 * @param found the hits, and `hitPixels` the promise of the pixels of each
 */
export function compare(asked, found, hitPixels, at) {
  [query, hits, pixels, place] = [asked, found, hitPixels, at];
  turn(0);
  if (!dialog.open) dialog.showModal();
}

async function turn(by) {
  place += by;
  const hit = hits[place];
  byId("previous").disabled = place === 0;
  byId("next").disabled = place === hits.length - 1;
  byId("comparison-title").textContent = `${hit.similarity.toFixed(4)} similar, number ${place + 1} of ${hits.length}`;
  byId("sides").replaceChildren(side("Searched for", query.examples), side("Found", [hit], query.examples));
  byId("verdict").textContent = "";
  showNotAlike(hit);
  const of = place, known = await pixels;
  if (of === place) byId("verdict").textContent = VERDICTS[relation(hit, query.ids, query.pixels, known[place])];
}

function side(title, examples, others = null) {
  const pictures = examples.map(example => {
    const picture = element("img", { alt: example.label ?? example.path });
    if (example.address) picture.src = example.address;
    else show(picture, example, true);
    return picture;
  });
  const [only] = examples, [other] = others ?? [];
  const list = element("dl");
  for (const [name, value] of examples.length === 1 ? ROWS : []) {
    const text = value(only) ?? "—";
    const same = other && others.length === 1 && value(other) === value(only);
    list.append(element("dt", {}, name), element("dd", { className: same ? "same" : "" }, text));
  }
  const note = examples.length > 1 ? element("p", {}, `The mean of ${examples.length} examples.`) : null;
  return element("section", {}, element("h3", {}, title),
    element("div", { className: "side-pictures" }, ...pictures), note, list);
}

const pair = hit => `${query.id}-${hit.id}`;

function showNotAlike(hit) {
  const said = notAlike.has(pair(hit));
  byId("not-alike").hidden = !query.id || query.id === hit.id;
  byId("not-alike").disabled = said;
  byId("not-alike").textContent = said ? "Noted: not alike" : "Not alike";
}

byId("not-alike").addEventListener("click", async () => {
  const hit = hits[place], said = pair(hit);
  try {
    await sendHardNegative(query.id, hit.id);
    notAlike.add(said);
    showNotAlike(hits[place]);
  } catch (error) {
    byId("verdict").textContent = printable(error.message);
  }
});
byId("previous").addEventListener("click", () => turn(-1));
byId("next").addEventListener("click", () => turn(1));
dialog.addEventListener("keydown", event => {
  const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (by && hits[place + by]) turn(by);
});
