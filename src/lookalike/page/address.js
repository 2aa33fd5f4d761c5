// A search as the address of the page, so that it can be shared and Back works.

export const DEFAULTS = Object.freeze({
  like: [], unlike: [], text: "", k: 40, min: null, filters: {}, condition: "", hideCopies: false,
  view: "search", color: "label",
});
export const MOST_HITS = 1000;

const PREFIX = "where.";

/** The query string of a search, with "?" where there is one. */
export function toAddress(search) {
  const parameters = new URLSearchParams();
  for (const id of search.like) parameters.append("like", id);
  for (const id of search.unlike) parameters.append("unlike", id);
  for (const name of ["text", "k", "min", "condition", "view", "color"]) {
    if (search[name] !== DEFAULTS[name]) parameters.set(name, search[name]);
  }
  if (search.hideCopies) parameters.set("copies", "hide");
  for (const [column, filter] of Object.entries(search.filters)) {
    for (const value of filter.in ?? []) parameters.append(PREFIX + column, value);
    for (const part of ["has", "min", "max"]) {
      if (filter[part] ?? null) parameters.set(`${PREFIX}${column}.${part}`, filter[part]);
    }
  }
  const text = parameters.toString();
  return text && `?${text}`;
}

/** The search that a query string is; what it does not say, or says wrongly, is as by default. */
export function fromAddress(text) {
  const parameters = new URLSearchParams(text);
  return {
    like: parameters.getAll("like"),
    unlike: parameters.getAll("unlike"),
    text: parameters.get("text") ?? DEFAULTS.text,
    k: hits(parameters.get("k")),
    min: number(parameters.get("min")),
    filters: filtersOf(parameters),
    condition: parameters.get("condition") ?? DEFAULTS.condition,
    hideCopies: parameters.get("copies") === "hide",
    view: parameters.get("view") === "map" ? "map" : "search",
    color: parameters.get("color") ?? DEFAULTS.color,
  };
}

function filtersOf(parameters) {
  const filters = {};
  for (const [name, value] of parameters) {
    const found = /^where\.([^.]+)(?:\.(has|min|max))?$/.exec(name);
    if (!found) continue;
    const [, column, part] = found;
    const filter = (filters[column] ??= {});
    if (!part) (filter.in ??= []).push(value);
    else filter[part] = part === "has" ? value : number(value);
  }
  return filters;
}

function number(text) {
  return text === null || text.trim() === "" || !Number.isFinite(Number(text)) ? null : Number(text);
}

export function hits(text) {
  const asked = number(text);
  return asked === null ? DEFAULTS.k : Math.min(Math.max(Math.round(asked), 1), MOST_HITS);
}
