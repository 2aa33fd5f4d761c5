// The hits as a grid of pictures; what one does with a picture is told to `actions`.

import { element } from "./dom.js";
import { show } from "./pictures.js";
import { justified } from "./rows.js";

const KEYS = { "+": "like", "-": "unlike", "−": "unlike", w: "why", x: "select" };

/** A grid of hits in a list. `actions`: `open`, `like`, `unlike`, `why`, `select`, `address`, each of a hit. */
export class Grid {
  #list;
  #actions;
  #hits = [];
  #tiles = [];

  constructor(list, actions) {
    this.#list = list;
    this.#actions = actions;
    list.addEventListener("click", event => this.#click(event));
    list.addEventListener("keydown", event => this.#key(event));
    list.addEventListener("focusin", event => this.#enter(event.target.closest(".tile")));
    new ResizeObserver(() => this.#arrange()).observe(list);
  }

  /** Show hits; those without a similarity are shown without one. */
  fill(hits, isSelected) {
    this.#hits = hits;
    this.#tiles = hits.map(hit => tile(hit, this.#actions.address(hit), isSelected(hit.id)));
    this.#list.replaceChildren(...this.#tiles);
    this.#enter(this.#tiles[0]);
    this.#arrange();
  }

  /** Hide some of the hits, by place. */
  hide(places) {
    this.#tiles.forEach((made, place) => { made.hidden = places.has(place); });
    this.#arrange();
  }

  /** Write a word on a hit. */
  mark(place, word, title) {
    const badge = this.#tiles[place].querySelector(".badge");
    badge.textContent = word;
    badge.title = title;
    badge.hidden = !word;
  }

  select(isSelected) {
    this.#tiles.forEach((made, place) => {
      const chosen = isSelected(this.#hits[place].id);
      made.classList.toggle("selected", chosen);
      made.querySelector("input").checked = chosen;
    });
  }

  #arrange() {
    const shown = this.#tiles.filter(made => !made.hidden);
    const style = getComputedStyle(this.#list);
    const width = Math.floor(this.#list.clientWidth);
    if (!width) return;
    const ratios = shown.map(made => made.ratio);
    const height = parseFloat(style.getPropertyValue("--row"));
    const sizes = justified(ratios, { width, height, gap: parseFloat(style.columnGap) });
    shown.forEach((made, place) => {
      made.style.width = `${sizes[place].width}px`;
      made.querySelector("a").style.height = `${sizes[place].height}px`;
    });
  }

  #hitOf(target) {
    return this.#hits[this.#tiles.indexOf(target.closest(".tile"))];
  }

  #click(event) {
    const hit = event.target.closest(".tile") && this.#hitOf(event.target);
    if (!hit) return;
    const button = event.target.closest("button, input");
    if (button) {
      this.#actions[button.dataset.action](hit);
    } else if (event.target.closest("a") && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      this.#actions[event.shiftKey ? "like" : event.altKey ? "unlike" : "open"](hit);
    }
  }

  #key(event) {
    const made = event.target.closest(".tile");
    if (!made || event.ctrlKey || event.metaKey || event.altKey) return;
    const action = KEYS[event.key.toLowerCase()];
    const next = this.#beside(made, event.key);
    if (action) this.#actions[action](this.#hitOf(made));
    else if (next) next.querySelector("a").focus();
    else return;
    event.preventDefault();
  }

  /** The tile that an arrow key goes to. */
  #beside(made, key) {
    const shown = this.#tiles.filter(other => !other.hidden), place = shown.indexOf(made);
    if (key === "ArrowRight") return shown[place + 1];
    if (key === "ArrowLeft") return shown[place - 1];
    if (key === "Home") return shown[0];
    if (key === "End") return shown.at(-1);
    if (key !== "ArrowUp" && key !== "ArrowDown") return undefined;
    const middle = other => other.offsetLeft + other.offsetWidth / 2;
    const below = key === "ArrowDown";
    const others = shown.filter(o => (below ? o.offsetTop > made.offsetTop : o.offsetTop < made.offsetTop));
    const tops = others.map(other => other.offsetTop);
    const row = others.filter(o => o.offsetTop === (below ? Math.min(...tops) : Math.max(...tops)));
    const away = other => Math.abs(middle(other) - middle(made));
    return row.sort((one, other) => away(one) - away(other))[0];
  }

  /** Only one tile is on the way of the Tab key: arrow keys lead to the others. */
  #enter(made) {
    if (!made) return;
    for (const other of this.#tiles) {
      const stop = other === made ? 0 : -1;
      for (const control of other.querySelectorAll("a, button, input")) control.tabIndex = stop;
    }
  }
}

function tile(hit, address, selected) {
  const label = hit.label ?? hit.path;
  const picture = element("img", { alt: "", decoding: "async" });
  show(picture, hit);
  const score = hit.similarity === undefined ? null : hit.similarity.toFixed(3);
  const button = (action, text, name) =>
    element("button", { type: "button", title: name, "data-action": action,
      "aria-label": `${name}: ${hit.path}` }, text);
  const made = element("li", { className: selected ? "tile selected" : "tile" },
    element("div", { className: "frame" },
      element("a", { href: address, title: hit.path,
        "aria-label": [label, score && `similarity ${score}`, hit.path].filter(Boolean).join(", ") }, picture),
      element("span", { className: "badge", hidden: true }),
      element("input", { type: "checkbox", checked: selected, "data-action": "select",
        title: "Select", "aria-label": `Select ${hit.path}` }),
      element("div", { className: "actions" },
        button("like", "+", "More like this"), button("unlike", "−", "Less like this"),
        score && button("why", "Why", "Why this picture"))),
    element("p", { className: "caption" },
      score && element("span", { className: "score" }, score), " ",
      element("span", { className: "label" }, label)));
  made.ratio = hit.width / hit.height;
  return made;
}
