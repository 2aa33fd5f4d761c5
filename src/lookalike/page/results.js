// The answer to a search: asked for once, shown as a grid, copies marked or hidden.

import { firstOfEach, pixelsOf, relation } from "./copies.js";
import { byId, count } from "./dom.js";
import { Grid } from "./hits.js";
import { showPredictions } from "./predictions.js";
import { predict } from "./service.js";

const MARKS = {
  "same file": ["Same file", "The very file that was searched for is indexed"],
  copy: ["Copy", "The same picture as what was searched for"],
  "look-alike": ["Look-alike", "To the model the same, but other pixels"],
};
const SLOW = 150; // milliseconds after which a search is said to take its time

export class Results {
  hits = [];
  pixels = Promise.resolve([]); // of each hit
  #grid; #asked = null; #running = null; #repeated = new Set();

  constructor(actions) {
    this.#grid = new Grid(byId("grid"), actions);
    this.isSelected = actions.isSelected;
  }

  /** Search, unless `key` is that of the last one; `query` as `predict` takes it, `seen` as `relation` does; the answer. */
  async search(key, query, seen, hideCopies) {
    let answer = null;
    if (key !== this.#asked) {
      this.#running?.abort();
      this.#running = new AbortController();
      const { signal } = this.#running;
      const slow = setTimeout(() => document.body.classList.add("busy"), SLOW);
      try {
        answer = await predict(query, signal);
        this.#asked = key;
        showPredictions(answer.predictions);
        this.#fill(answer.hits);
        this.#mark(seen).then(() => this.hide(this.#wanted));
      } finally {
        clearTimeout(slow);
        if (!signal.aborted) document.body.classList.remove("busy");
      }
    }
    this.hide(hideCopies);
    return answer;
  }

  /** Show pictures that are no answer, under a title. */
  suggest(hits, title) {
    this.clear();
    this.#fill(hits);
    byId("results-title").textContent = title;
  }

  clear() {
    this.#running?.abort();
    this.#asked = null;
    this.#fill([]);
    showPredictions([]);
    byId("results-title").textContent = "";
  }

  select() {
    this.#grid.select(this.isSelected);
  }

  /** Hide the near-duplicates, or show them again. */
  hide(wanted) {
    this.#wanted = wanted;
    const hidden = wanted ? this.#repeated : new Set();
    this.#grid.hide(hidden);
    if (this.#asked === null) return;
    const without = hidden.size ? `, ${count(hidden.size, "near-duplicate")} hidden` : "";
    byId("results-title").textContent = this.hits.length
      ? count(this.hits.length - hidden.size, "image") + without : "Nothing matches";
  }
  #wanted = false;

  #fill(hits) {
    const focused = byId("grid").contains(document.activeElement);
    this.hits = hits;
    this.pixels = Promise.all(hits.map(hit => pixelsOf(hit.id)));
    this.#repeated = new Set();
    this.#grid.fill(hits, this.isSelected);
    if (focused) byId("grid").querySelector("a")?.focus({ preventScroll: true });
    byId("copies-switch").hidden = true;
  }

  async #mark(seen) {
    const { hits } = this, pixels = await this.pixels, { ids, pixels: asked } = await seen;
    if (hits !== this.hits) return; // another answer came meanwhile
    const first = firstOfEach(hits, pixels);
    hits.forEach((hit, place) => {
      const is = relation(hit, ids, asked, pixels[place]);
      this.#grid.mark(place, ...(MARKS[is] ?? (first[place] === place ? ["", ""]
        : ["Near-duplicate", `The same picture as number ${first[place] + 1}`])));
      if (is === "same file" || is === "copy" || first[place] !== place) this.#repeated.add(place);
    });
    byId("copies-switch").hidden = !this.#repeated.size;
  }
}
