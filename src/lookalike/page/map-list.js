// The images that were drawn around on the map, as a list to look at, to search by, to select.

import { byId, count, element } from "./dom.js";
import { showThumbnail } from "./pictures.js";

const MOST_SHOWN = 240;
export const MOST_EXAMPLES = 32; // to search by at once

let ids = [];

/** `told`: `open(id)`, `search(ids)`, `select(ids)`. */
export function watchMapList(told) {
  byId("map-search").addEventListener("click", () => told.search(spread(ids, MOST_EXAMPLES)));
  byId("map-select").addEventListener("click", () => told.select(ids));
  byId("map-clear").addEventListener("click", () => showMapList([]));
  byId("map-thumbs").addEventListener("click", event => {
    const button = event.target.closest("button");
    if (button) told.open(button.value);
  });
}

export function showMapList(found) {
  ids = found;
  byId("map-list").hidden = !ids.length;
  const more = ids.length > MOST_SHOWN ? `, ${MOST_SHOWN} shown` : "";
  byId("map-list-title").textContent = count(ids.length, "image") + more;
  byId("map-thumbs").replaceChildren(...ids.slice(0, MOST_SHOWN).map((id, at) => {
    const picture = element("img", { alt: "", loading: "lazy" });
    showThumbnail(picture, id);
    return element("li", {}, element("button", { type: "button", value: id, "aria-label": `Search by image ${at + 1}` }, picture));
  }));
}

/** At most some of a list, evenly spread over it. */
export const spread = (list, most) => list.length <= most ? list
  : Array.from({ length: most }, (_, at) => list[Math.floor((at * list.length) / most)]);
