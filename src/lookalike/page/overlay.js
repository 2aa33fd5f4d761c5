// What is drawn over the points: pictures when one is close, rings around hits, the lasso.

import { bitmap } from "./pictures.js";

const SMALLEST = 30, LARGEST = 110; // CSS pixels of a picture's longer side
const MOST_HELD = 2000;

export class Overlay {
  #canvas; #pen; #viewport; #changed;
  #columns; #rings = []; #held = new Map(); #scene = {};

  constructor(canvas, viewport, changed) {
    this.#canvas = canvas;
    this.#pen = canvas.getContext("2d");
    this.#viewport = viewport;
    this.#changed = changed;
  }

  /** All images, and the ids of those with a ring. */
  know(columns, ringed) {
    this.#columns = columns;
    const wanted = new Set(ringed);
    this.#rings = wanted.size ? columns.id.flatMap((id, point) => (wanted.has(id) ? [point] : [])) : [];
  }

  /** Draw; what is not given is as before, but a line is drawn once. */
  draw({ line = null, ...scene }) {
    Object.assign(this.#scene, scene);
    const { width, height } = this.#viewport.size, ratio = Math.min(devicePixelRatio, 2), pen = this.#pen;
    this.#canvas.width = Math.round(width * ratio);
    this.#canvas.height = Math.round(height * ratio);
    pen.scale(ratio, ratio);
    this.#pictures(width, height);
    pen.strokeStyle = getComputedStyle(this.#canvas).color;
    pen.lineWidth = 1.5;
    for (const point of this.#rings) {
      pen.beginPath();
      pen.arc(...this.#place(point), 9, 0, 7);
      pen.stroke();
    }
    if (line) this.#line(line);
  }

  #place(point) {
    const { scale, x, y } = this.#viewport, { points } = this.#scene;
    return [x + points.x[point] * scale, y - points.y[point] * scale];
  }

  #pictures(width, height) {
    const { points, dim, colors, of } = this.#scene, near = [];
    const most = (width * height) / (2 * SMALLEST) ** 2;
    for (let point = 0; point < points.x.length && near.length <= most; point++) {
      const [x, y] = this.#place(point);
      if (!dim?.[point] && x > -SMALLEST && y > -SMALLEST && x < width + SMALLEST && y < height + SMALLEST) near.push([point, x, y]);
    }
    if (near.length > most || !near.length) return;
    const longer = Math.min(LARGEST, 0.6 * Math.sqrt((width * height) / near.length));
    for (const [point, x, y] of near) {
      const picture = this.#picture(this.#columns.id[point]);
      if (!picture) continue;
      const by = longer / Math.max(picture.width, picture.height);
      const w = by * picture.width, h = by * picture.height;
      this.#pen.imageSmoothingEnabled = Math.max(picture.width, picture.height) > 48;
      this.#pen.drawImage(picture, x - w / 2, y - h / 2, w, h);
      this.#pen.strokeStyle = colors[of[point]];
      this.#pen.lineWidth = 2;
      this.#pen.strokeRect(x - w / 2, y - h / 2, w, h);
    }
  }

  /** A picture if it is here; else it is fetched, and the map drawn again when it comes. */
  #picture(id) {
    if (!this.#held.has(id)) {
      this.#held.set(id, null);
      bitmap(id).then(picture => {
        this.#held.set(id, picture);
        this.#changed();
      });
      if (this.#held.size > MOST_HELD) {
        const [oldest, picture] = this.#held.entries().next().value;
        picture?.close();
        this.#held.delete(oldest);
      }
    }
    return this.#held.get(id);
  }

  #line(line) {
    const pen = this.#pen;
    pen.beginPath();
    for (const place of line) pen.lineTo(...place);
    pen.closePath();
    pen.fillStyle = "#7f9fbf33";
    pen.fill("evenodd");
    pen.setLineDash([5, 4]);
    pen.stroke();
  }
}
