// What the model takes the query for, as bars.

import { byId, element } from "./dom.js";

const LEAST = 0.0005; // what would be printed as 0.0%

export function showPredictions(predictions) {
  const likely = predictions.filter(({ probability }) => probability >= LEAST);
  byId("predictions").hidden = !likely.length;
  byId("bars").replaceChildren(...likely.map(({ label, probability }) => {
    const bar = element("span", { className: "bar" });
    bar.style.width = `${100 * probability}%`;
    return element("li", {},
      element("span", { className: "label", title: label }, label),
      element("span", { className: "share" }, `${(100 * probability).toFixed(1)}%`),
      element("span", { className: "track", "aria-hidden": "true" }, bar));
  }));
}
