// The colors of the map with their names; pressing some brings them to the fore.

import { byId, element } from "./dom.js";

/** Show groups as `groupsOf` gives them; `chose(numbers)` is called with the pressed ones. */
export function showLegend({ names, colors, sizes }, chose) {
  const chosen = new Set();
  byId("legend").replaceChildren(...names.map((name, number) => {
    const dot = element("span", { className: "dot", "aria-hidden": "true" });
    dot.style.backgroundColor = colors[number];
    const button = element("button", { type: "button", "aria-pressed": "false" }, dot,
      element("span", { className: "label" }, name ?? "unknown"),
      element("small", {}, sizes[number].toLocaleString("en")));
    button.addEventListener("click", () => {
      if (!chosen.delete(number)) chosen.add(number);
      button.ariaPressed = String(chosen.has(number));
      chose(new Set(chosen));
    });
    return element("li", {}, button);
  }));
}
