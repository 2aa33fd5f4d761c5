// Where one looks at the map from, moved by pointer, wheel, fingers and keys.

const MARGIN = 0.94, FARTHEST = 0.6, NEAREST = 400;
const KEY_STEP = 60; // pixels
const CLICK = 4; // pixels that a press may move and still be a click
const MOVES = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

/** From the unit square to CSS pixels of an element: x + scale * X, y - scale * Y. */
export class Viewport {
  scale = 1; x = 0; y = 0; zoom = 1;
  #element; #told; #fitted = 1;
  #fingers = new Map(); #line = null; #moved = 0;
  lassoing = false;

  /** `told`: `changed()`, `hovered(x, y)` or `hovered(null)`, `clicked(x, y)`, `drawing(line)`, `drawn(line)`. */
  constructor(element, told) {
    this.#element = element;
    this.#told = told;
    element.addEventListener("wheel", event => {
      event.preventDefault();
      this.zoomBy(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0018)), ...this.#at(event));
    }, { passive: false });
    element.addEventListener("pointerdown", event => this.#down(event));
    element.addEventListener("pointermove", event => this.#move(event));
    for (const name of ["pointerup", "pointercancel"]) element.addEventListener(name, event => this.#up(event));
    element.addEventListener("pointerleave", () => told.hovered(null));
    element.addEventListener("keydown", event => this.#key(event));
  }

  get size() {
    return { width: this.#element.clientWidth, height: this.#element.clientHeight };
  }

  fit() {
    const { width, height } = this.size;
    this.#fitted = this.scale = MARGIN * Math.min(width, height);
    this.zoom = 1;
    this.x = (width - this.scale) / 2;
    this.y = (height + this.scale) / 2;
    this.#told.changed();
  }

  /** Zoom about a place, by default the middle. */
  zoomBy(factor, x = this.size.width / 2, y = this.size.height / 2) {
    const scale = Math.min(Math.max(this.scale * factor, this.#fitted * FARTHEST), this.#fitted * NEAREST);
    const actual = scale / this.scale;
    this.x = x - (x - this.x) * actual;
    this.y = y - (y - this.y) * actual;
    this.scale = scale;
    this.zoom = scale / this.#fitted;
    this.#told.changed();
  }

  /** A place of the element in the unit square. */
  inside = ([x, y]) => [(x - this.x) / this.scale, (this.y - y) / this.scale];

  #pan(dx, dy) {
    this.x += dx;
    this.y += dy;
    this.#told.changed();
  }

  #at(event) {
    const box = this.#element.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  #down(event) {
    if (event.button) return;
    this.#element.setPointerCapture(event.pointerId);
    this.#fingers.set(event.pointerId, this.#at(event));
    this.#moved = this.#fingers.size > 1 ? Infinity : 0;
    this.#line = this.#fingers.size === 1 && (this.lassoing || event.shiftKey) ? [this.#at(event)] : null;
  }

  #move(event) {
    const to = this.#at(event), from = this.#fingers.get(event.pointerId);
    if (!from) {
      if (event.pointerType === "mouse") this.#told.hovered(...to);
      return;
    }
    const others = [...this.#fingers].filter(([id]) => id !== event.pointerId);
    this.#moved += Math.hypot(to[0] - from[0], to[1] - from[1]);
    this.#fingers.set(event.pointerId, to);
    if (this.#line) {
      this.#line.push(to);
      this.#told.drawing(this.#line);
    } else if (others.length) {
      const [, [x, y]] = others[0];
      const apart = ([a, b]) => Math.max(Math.hypot(a - x, b - y), 1);
      this.#pan((to[0] - from[0]) / 2, (to[1] - from[1]) / 2);
      this.zoomBy(apart(to) / apart(from), (to[0] + x) / 2, (to[1] + y) / 2);
    } else if (this.#moved > CLICK) this.#pan(to[0] - from[0], to[1] - from[1]);
  }

  #up(event) {
    const known = this.#fingers.delete(event.pointerId), line = this.#line;
    this.#line = null;
    if (event.type === "pointercancel" || !known) return;
    if (this.#moved <= CLICK) this.#told.clicked(...this.#at(event));
    else if (line) this.#told.drawn(line);
  }

  #key(event) {
    const { width, height } = this.size, move = MOVES[event.key];
    if (move) this.#pan(KEY_STEP * move[0], KEY_STEP * move[1]);
    else if (event.key === "+" || event.key === "=") this.zoomBy(1.4);
    else if (event.key === "-") this.zoomBy(1 / 1.4);
    else if (event.key === "0") this.fit();
    else if (event.key === "Enter") this.#told.clicked(width / 2, height / 2);
    else return;
    event.preventDefault();
  }
}
