// The selected images, kept from search to search, and their export.

import { byId, count } from "./dom.js";
import { csv } from "./csv.js";
import { predict, Refused } from "./service.js";
import { quoted } from "./where.js";

const AT_ONCE = 1000;
const COLUMNS = ["path", "id", "label", "predicted_label", "split", "source", "width", "height"];

/** Images by id; what is known of them, or null where it is asked for only at the export. */
export class Selection {
  #records = new Map();
  #changed;

  constructor({ changed, search, failed }) {
    this.#changed = changed;
    byId("selection-clear").addEventListener("click", () => this.clear());
    byId("selection-search").addEventListener("click", () => search([...this.#records.keys()]));
    byId("selection-export").addEventListener("click", () => this.#export().catch(failed));
  }

  has = id => this.#records.has(id);

  toggle(record) {
    if (!this.#records.delete(record.id)) this.#records.set(record.id, record);
    this.#show();
  }

  add(ids) {
    for (const id of ids) if (!this.has(id)) this.#records.set(id, null);
    this.#show();
  }

  clear() {
    this.#records.clear();
    this.#show();
  }

  #show() {
    byId("selection").hidden = !this.#records.size;
    byId("selection-count").textContent = `${count(this.#records.size, "image")} selected`;
    this.#changed();
  }

  async #export() {
    const unknown = [...this.#records].filter(([, record]) => !record).map(([id]) => id);
    for (let start = 0; start < unknown.length; start += AT_ONCE) {
      const ids = unknown.slice(start, start + AT_ONCE);
      const where = `id IN (${ids.map(quoted).join(", ")})`;
      const { hits } = await predict({ like: [ids[0]], options: { where, k: AT_ONCE } });
      for (const hit of hits) this.#records.set(hit.id, hit);
    }
    const records = [...this.#records.values()];
    if (records.includes(null)) throw new Refused("Some selected images are no longer in the index.");
    const text = csv([COLUMNS, ...records.map(record => COLUMNS.map(column => record[column]))]);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
    link.download = "lookalike.csv";
    link.click();
    URL.revokeObjectURL(link.href);
  }
}
