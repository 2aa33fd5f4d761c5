// The map: all indexed images by the projection of their embeddings.

import { groupsOf, pixelOf } from "./colors.js";
import { byId, count } from "./dom.js";
import { inside } from "./lasso.js";
import { MapCard } from "./map-card.js";
import { showLegend } from "./legend.js";
import { Overlay } from "./overlay.js";
import { drawPoints, radiusOf } from "./points.js";
import { projection } from "./service.js";
import { Viewport } from "./viewport.js";

const REACH = 18; // CSS pixels from a point at which one is on it

let loading = null;

/** Pixels of the canvas a CSS pixel: of very many points, smooth is better than sharp. */
const sharpness = number => Math.min(devicePixelRatio, number > 50_000 ? 1 : 2);

function resize(canvas, width, height) {
  const [w, h] = [Math.round(width), Math.round(height)];
  if (canvas.width !== w || canvas.height !== h) [canvas.width, canvas.height] = [w, h];
}

/** All indexed images, as columns; asked for once. */
export function allImages() {
  loading ??= projection().catch(error => {
    loading = null;
    throw error;
  });
  return loading;
}

export class ImageMap {
  #columns = null; #points; #groups; #pixels; #dim = null; #chosen = new Set();
  #pen = byId("map-points").getContext("2d", { alpha: false });
  #viewport; #overlay; #card = new MapCard(); #waiting = false; #told;

  /** `told`: `open(id)`, `listed(ids)`, `color(name)`. */
  constructor(told) {
    this.#told = told;
    this.#viewport = new Viewport(byId("map-overlay"), {
      changed: () => {
        this.#hover(null);
        this.#draw();
      },
      hovered: (x, y) => this.#hover(x, y),
      clicked: (x, y) => {
        const point = this.#nearest(x, y);
        if (point >= 0) told.open(this.#columns.id[point]);
      },
      drawing: line => this.#overlay.draw({ line }),
      drawn: line => this.#listInside(line),
    });
    this.#overlay = new Overlay(byId("map-overlay"), this.#viewport, () => this.#draw());
    byId("zoom-in").addEventListener("click", () => this.#viewport.zoomBy(1.6));
    byId("zoom-out").addEventListener("click", () => this.#viewport.zoomBy(1 / 1.6));
    byId("zoom-fit").addEventListener("click", () => this.#viewport.fit());
    byId("lasso").addEventListener("click", () => this.#lasso(!this.#viewport.lassoing));
    byId("list-view").addEventListener("click", () => {
      const { width, height } = this.#viewport.size;
      this.#listInside([[0, 0], [width, 0], [width, height], [0, height]]);
    });
    byId("map-color").addEventListener("change", event => told.color(event.target.value));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#draw());
    new ResizeObserver(() => this.#columns && byId("map-stage").clientWidth && this.#viewport.fit()).observe(byId("map-stage"));
  }

  /** Show it, colored by a column or "mistakes", with rings around some images. */
  async show(color, ringed) {
    if (!this.#columns) {
      byId("map-message").textContent = "Loading the map …";
      this.#columns = await allImages();
      byId("map-message").textContent = "";
      this.#points = { x: Float32Array.from(this.#columns.x), y: Float32Array.from(this.#columns.y) };
      byId("map-overlay").ariaLabel = `Map of ${count(this.#columns.id.length, "image")}`;
      this.#viewport.fit();
    }
    this.#overlay.know(this.#columns, ringed);
    byId("map-color").value = color;
    this.#groups = groupsOf(this.#columns, color);
    const pixels = this.#groups.colors.map(pixelOf);
    this.#pixels = Int32Array.from(this.#groups.of, group => pixels[group]);
    this.#highlight(new Set());
    showLegend(this.#groups, chosen => this.#highlight(chosen));
  }

  #highlight(chosen) {
    this.#chosen = chosen;
    this.#dim = chosen.size ? Uint8Array.from(this.#groups.of, group => Number(!chosen.has(group))) : null;
    this.#draw();
  }

  #lasso(on) {
    this.#viewport.lassoing = on;
    byId("lasso").ariaPressed = String(on);
    byId("map-overlay").classList.toggle("lassoing", on);
  }

  #draw() {
    if (this.#waiting || !this.#columns) return;
    this.#waiting = true;
    requestAnimationFrame(() => {
      this.#waiting = false;
      this.#paint();
    });
  }

  #paint() {
    const { width, height } = this.#viewport.size;
    if (!width || !this.#pixels) return;
    const ratio = sharpness(this.#points.x.length), { canvas } = this.#pen, { scale, x, y, zoom } = this.#viewport;
    resize(canvas, width * ratio, height * ratio);
    const background = pixelOf(getComputedStyle(byId("map-stage")).backgroundColor);
    const place = { scale: scale * ratio, x: x * ratio, y: y * ratio };
    const radius = radiusOf(this.#points.x.length, zoom) * ratio;
    drawPoints(this.#pen, this.#points, place, this.#pixels, background, this.#dim, radius);
    this.#overlay.draw({ points: this.#points, dim: this.#dim, colors: this.#groups.colors, of: this.#groups.of });
  }

  #nearest(x, y) {
    const { scale, x: left, y: top } = this.#viewport, { x: xs, y: ys } = this.#points;
    let best = -1, least = REACH ** 2;
    for (let point = 0; point < xs.length; point++) {
      if (this.#dim?.[point]) continue;
      const distance = (left + xs[point] * scale - x) ** 2 + (top - ys[point] * scale - y) ** 2;
      if (distance <= least) [best, least] = [point, distance];
    }
    return best;
  }

  #hover(x, y) {
    const point = x === null || !this.#columns ? -1 : this.#nearest(x, y);
    byId("map-overlay").classList.toggle("on-point", point >= 0);
    this.#card.show(point < 0 ? null : this.#columns, point, x, y);
  }

  #listInside(line) {
    this.#lasso(false);
    const found = inside(this.#points, line.map(this.#viewport.inside)).filter(point => !this.#dim?.[point]);
    this.#draw();
    this.#told.listed(found.map(point => this.#columns.id[point]));
  }
}
