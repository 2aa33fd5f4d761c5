// The filters: a control for every column, how many hits, how similar, and a condition in words.

import { hits } from "./address.js";
import { control } from "./controls.js";
import { byId, element } from "./dom.js";

const FIRST = ["label", "split", "path"]; // the others are behind "More"
const WITHOUT = ["id"];

/** The form. `changed(filters)` is called with `{ k, min, filters, condition }`. */
export class Filters {
  #controls = new Map();
  #k = element("input", { type: "number", min: 1, max: 1000, required: true });
  #min = element("input", { type: "range", min: 0, max: 1, step: 0.01 });
  #minSaid = element("output");
  #condition = element("input", { type: "text", size: 40, spellcheck: false, placeholder: "width >= 640 AND NOT path LIKE 'raw/%'" });

  /** @param columns as `GET /columns` has them; @param labels as `GET /labels` has them */
  constructor(columns, labels, changed) {
    for (const column of columns.filter(({ name }) => !WITHOUT.includes(name))) {
      if (column.name === "label" && labels.length) {
        const named = labels.filter(({ label }) => label !== null);
        column.values = named.map(({ label }) => label);
        column.counts = new Map(named.map(({ label, images }) => [label, images]));
      }
      if (column.values?.length !== 0) this.#controls.set(column.name, control(column));
    }
    const elements = [...this.#controls].map(([name, made]) => [FIRST.indexOf(name), made.element]);
    const first = elements.filter(([place]) => place >= 0).sort(([one], [other]) => one - other);
    byId("filter-form").append(
      ...first.map(([, made]) => made),
      element("label", { className: "field" }, "Similarity from ", this.#min, this.#minSaid),
      element("label", { className: "field" }, "Images ", this.#k),
      element("details", { className: "more" },
        element("summary", {}, "More"),
        element("div", { className: "more-fields" },
          ...elements.filter(([place]) => place < 0).map(([, made]) => made),
          element("label", { className: "field wide" }, "Condition ", this.#condition))),
      element("button", { type: "reset", className: "quiet" }, "Reset"));
    byId("filter-form").addEventListener("submit", event => event.preventDefault());
    byId("filter-form").addEventListener("change", () => changed(this.#get()));
    byId("filter-form").addEventListener("reset", () => setTimeout(() => {
      this.set({ k: hits(null), min: null, filters: {}, condition: "" });
      changed(this.#get());
    }));
    this.#min.addEventListener("input", () => this.#sayMin());
  }

  #get() {
    const filters = {};
    for (const [name, made] of this.#controls) {
      const filter = made.get();
      if (filter) filters[name] = filter;
    }
    const min = this.#min.valueAsNumber || null;
    return { k: hits(this.#k.value), min, filters, condition: this.#condition.value.trim() };
  }

  /** Show the filters of a search. */
  set({ k, min, filters, condition }) {
    for (const [name, made] of this.#controls) made.set(filters[name]);
    this.#k.value = k;
    this.#min.value = min ?? 0;
    this.#condition.value = condition;
    this.#sayMin();
    const active = Object.keys(filters).length + Boolean(condition) + (min !== null);
    byId("filters-note").textContent = active ? ` (${active})` : "";
  }

  #sayMin() {
    this.#minSaid.textContent = this.#min.valueAsNumber ? this.#min.valueAsNumber.toFixed(2) : "any";
  }
}
