// Form controls for one column of the metadata: a choice of values, a text, or a range of numbers.

import { element, printable } from "./dom.js";

const LONG = ["path", "source"]; // one knows a part of these, however few there are

const title = name => name[0].toUpperCase() + name.slice(1).replaceAll("_", " ");

/**
 * A control for a column as `GET /columns` describes it: its element, `get` for the filter (null where
 * none is asked for) and `set`.
 */
export function control(column) {
  if (column.type === "number") return range(column);
  return column.values && !LONG.includes(column.name) ? choice(column) : text(column);
}

function choice({ name, values, counts = new Map() }) {
  const boxes = values.map(value => element("input", { type: "checkbox", value }));
  const options = boxes.map(box => element("label", {}, box, element("span", {}, box.value),
    counts.has(box.value) ? element("small", {}, counts.get(box.value).toLocaleString("en")) : null));
  const find = element("input", { type: "search", placeholder: "Find", "aria-label": `Find a ${title(name)}` });
  find.addEventListener("input", () => {
    const wanted = find.value.toLowerCase();
    options.forEach((option, at) => { option.hidden = !boxes[at].value.toLowerCase().includes(wanted); });
  });
  find.addEventListener("change", event => event.stopPropagation()); // it is no filter itself
  const said = element("span", { className: "said" });
  const list = element("div", { className: "options", role: "group", "aria-label": title(name) },
    values.length > 12 ? find : null, ...options);
  const made = element("details", { className: "choice" }, element("summary", {}, `${title(name)}: `, said), list);
  made.addEventListener("focusout", event => {
    if (event.relatedTarget && !made.contains(event.relatedTarget)) made.open = false;
  });
  made.addEventListener("keydown", event => {
    if (event.key !== "Escape" || !made.open) return;
    made.open = false;
    made.firstChild.focus();
  });
  document.addEventListener("pointerdown", event => {
    if (!made.contains(event.target)) made.open = false;
  });
  const say = () => {
    const chosen = boxes.filter(box => box.checked).map(box => box.value);
    said.textContent = chosen.length > 2 ? `${chosen.length} chosen` : printable(chosen.join(", ")) || "any";
    made.classList.toggle("active", chosen.length > 0);
    return chosen;
  };
  made.addEventListener("change", say);
  return {
    element: made,
    get: () => { const chosen = say(); return chosen.length ? { in: chosen } : null; },
    set: filter => {
      for (const box of boxes) box.checked = filter?.in?.includes(box.value) ?? false;
      say();
    },
  };
}

function text({ name }) {
  const input = element("input", { type: "search", size: 12 });
  return {
    element: element("label", { className: "field" }, `${title(name)} contains `, input),
    get: () => (input.value ? { has: input.value } : null),
    set: filter => { input.value = filter?.has ?? filter?.in?.[0] ?? ""; },
  };
}

function range({ name }) {
  const bound = word => element("input", { type: "number", step: "any", placeholder: word, "aria-label": `${title(name)}, ${word}` });
  const [low, high] = [bound("at least"), bound("at most")];
  const value = input => (input.value === "" ? null : input.valueAsNumber);
  return {
    element: element("div", { className: "field", role: "group", "aria-label": title(name) }, `${title(name)} `, low, " – ", high),
    get: () => (low.value || high.value ? { min: value(low), max: value(high) } : null),
    set: filter => {
      low.value = filter?.min ?? "";
      high.value = filter?.max ?? "";
    },
  };
}
