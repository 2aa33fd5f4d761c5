// The card beside the pointer: which image a point of the map is.

import { byId, element } from "./dom.js";
import { showThumbnail } from "./pictures.js";

export class MapCard {
  #card = byId("map-card");
  #id = null;

  /** Show the image of a point, near a place of the stage; `columns` null: hide it. */
  show(columns, point, x, y) {
    this.#card.hidden = !columns;
    if (!columns) {
      this.#id = null;
      return;
    }
    if (columns.id[point] !== this.#id) this.#fill(columns, point);
    const stage = this.#card.parentElement, gap = 16;
    const left = x + gap + this.#card.offsetWidth > stage.clientWidth ? x - gap - this.#card.offsetWidth : x + gap;
    const top = Math.min(y + gap, stage.clientHeight - this.#card.offsetHeight - gap);
    this.#card.style.translate = `${Math.max(left, 0)}px ${Math.max(top, 0)}px`;
  }

  #fill({ id, label, predicted_label: predicted, split }, point) {
    this.#id = id[point];
    const picture = element("img", { alt: "" });
    showThumbnail(picture, this.#id);
    const mistaken = predicted[point] && label[point] && predicted[point] !== label[point];
    this.#card.replaceChildren(picture,
      element("strong", {}, label[point] ?? predicted[point] ?? "no label"),
      mistaken ? element("span", { className: "mistake" }, `taken for ${predicted[point]}`) : "",
      split[point] ? element("span", { className: "about" }, split[point]) : "");
  }
}
