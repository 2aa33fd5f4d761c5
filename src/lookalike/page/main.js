// The page: what one does leads to a search, and a search to what is shown.

import { DEFAULTS, toAddress } from "./address.js";
import { compare } from "./comparison.js";
import { pixelsOf } from "./copies.js";
import { cropped } from "./crop.js";
import { byId, count, element, printable } from "./dom.js";
import { recordOf, showExamples } from "./examples.js";
import { consents, feedbackIsOffered, keptId, offerFeedback, showKept } from "./feedback.js";
import { Filters } from "./filters.js";
import { watchIntake } from "./intake.js";
import { ImageMap } from "./map.js";
import { MOST_EXAMPLES, showMapList, spread, watchMapList } from "./map-list.js";
import { current, goTo, scrollBack } from "./navigation.js";
import { originals, originalsAre } from "./pictures.js";
import { Results } from "./results.js";
import { Selection } from "./selection.js";
import * as service from "./service.js";
import { keep, uploadOf } from "./uploads.js";
import { beginnings } from "./welcome.js";
import { whereOf } from "./where.js";

let search = current(), filters = null, indexed = 0, renders = 0;

const only = id => ({ like: [id], unlike: [], files: [], text: "", view: "search" });
const adding = (name, id) => search[name].includes(id) ? {}
  : { [name]: [...search[name], id], [name === "like" ? "unlike" : "like"]:
    search[name === "like" ? "unlike" : "like"].filter(other => other !== id) };

const selection = new Selection({
  changed: () => results.select(),
  search: ids => go({ ...only(null), like: spread(ids, MOST_EXAMPLES) }),
  failed: fail,
});
const results = new Results({
  isSelected: selection.has,
  address: hit => toAddress({ ...search, ...only(hit.id) }),
  open: hit => go(only(hit.id)),
  like: hit => go(adding("like", hit.id)),
  unlike: hit => (isQuery() ? go(adding("unlike", hit.id)) : undefined),
  select: hit => selection.toggle(hit),
  why: hit => explain(hit),
});
const map = new ImageMap({
  open: id => go(only(id)),
  listed: showMapList,
  color: color => go({ color }),
});
watchMapList({
  open: id => go(only(id)),
  search: ids => go({ ...only(null), like: ids }),
  select: ids => selection.add(ids),
});
watchIntake((files, added) => {
  const keys = files.map(keep);
  go(added ? { files: [...search.files, ...keys], view: "search" }
    : { files: keys, like: [], unlike: [], text: "", view: "search" });
});

const isQuery = () => search.files.length + search.like.length + search.text.length > 0;

/** Go to another search. */
function go(changes) {
  const next = { ...search, ...changes };
  if (!next.files.length && !next.like.length && !next.text) next.unlike = [];
  goTo(next);
  search = next;
  const moved = ["files", "like", "unlike", "text", "view"].some(name => name in changes);
  return render().then(() => moved && scrollTo(0, 0));
}

async function render() {
  const turn = ++renders; // what comes late is not shown over what was asked for since
  fail(null);
  document.title = isQuery() ? "Search – Lookalike" : search.view === "map" ? "Map – Lookalike" : "Lookalike";
  const onMap = search.view === "map";
  byId("search-view").hidden = onMap;
  byId("map-view").hidden = !onMap;
  byId("to-search").href = `./${toAddress({ ...search, view: "search" })}`;
  byId("to-map").href = `./${toAddress({ ...search, view: "map" })}`;
  for (const [id, here] of [["to-search", !onMap], ["to-map", onMap]]) {
    if (here) byId(id).setAttribute("aria-current", "page");
    else byId(id).removeAttribute("aria-current");
  }
  byId("welcome").hidden = isQuery();
  byId("filters").hidden = !isQuery();
  byId("hide-copies").checked = search.hideCopies;
  byId("text").value = search.text;
  filters?.set(search);
  showExamples(examples(), { remove, crop });
  try {
    if (onMap) await map.show(search.color, [...search.like, ...results.hits.map(hit => hit.id)]);
    else if (isQuery()) await ask();
    else {
      showKept([]);
      const some = await beginnings(indexed);
      if (turn === renders) results.suggest(some, "Or start from one of these");
    }
  } catch (error) {
    if (error.name === "AbortError" || turn !== renders) return;
    results.clear();
    fail(error);
  }
}

async function ask() {
  const { k, min, like, unlike, text } = search;
  const uploads = search.files.map(uploadOf), files = uploads.map(upload => upload.file);
  const options = {
    k, min_similarity: min, where: whereOf(search.filters, search.condition),
    exclude_query: !files.length, // of a picture of one's own, copies are worth knowing
  };
  const key = JSON.stringify([search.files, like, unlike, text, options, consents()]);
  options.collect = consents() && uploads.some(upload => !keptId(upload)) ? true : null;
  const answer = await results.search(key, { files, like, unlike, text, options }, seen(), search.hideCopies);
  answer?.collected?.forEach((kept, at) => { uploads[at].kept = kept; });
  showKept(uploads);
}

/** The id by which the service knows what was searched for, where that is one picture; else null. */
function queryId() {
  const { files, like, unlike, text } = search;
  if (!feedbackIsOffered() || files.length + like.length !== 1 || unlike.length || text) return null;
  return like[0] ?? keptId(uploadOf(files[0]));
}

/** What the query is, for telling its copies: ids, and the pixels of a single picture. */
async function seen() {
  const uploads = search.files.map(uploadOf), { like } = search;
  const ids = (await Promise.all(uploads.map(upload => upload.id))).filter(Boolean);
  const single = uploads.length + like.length === 1 && !search.text;
  const pixels = !single ? null : await (uploads.length ? uploads[0].pixels : pixelsOf(like[0]));
  return { ids: [...ids, ...like], pixels };
}

const examples = () => [
  ...search.files.map(key => ({ key, upload: uploadOf(key) })),
  ...search.like.map(id => ({ id })),
  ...search.unlike.map(id => ({ id, unlike: true })),
];

function remove({ key, id }) {
  const without = (list, item) => list.filter(other => other !== item);
  go({ files: without(search.files, key), like: without(search.like, id), unlike: without(search.unlike, id) });
}

async function crop({ id, upload }) {
  try {
    const path = originals() ? service.originalPath(id) : service.thumbnailPath(id);
    const part = await cropped(upload ? upload.file : await service.blob(path));
    if (part) go({ files: [keep(part)], like: [], unlike: [], text: "" });
  } catch (error) {
    fail(error instanceof service.Refused ? error : new Error("This browser cannot read that picture, so it cannot crop it."));
  }
}

async function explain(hit) {
  const shown = await Promise.all(examples().filter(example => !example.unlike).map(({ id, upload }) =>
    id ? recordOf(id) : sizeOf(upload)));
  compare({ examples: shown, id: queryId(), ...(await seen()) }, results.hits, results.pixels, results.hits.indexOf(hit));
}

async function sizeOf({ file, address }) {
  const picture = element("img", { src: address });
  await picture.decode().catch(() => {});
  return { path: file.name, address, width: picture.naturalWidth, height: picture.naturalHeight };
}

function fail(error) {
  byId("alert").hidden = !error;
  if (!error) return;
  byId("alert").replaceChildren(printable(error.message),
    error.requestId ? element("small", {}, `Request ${error.requestId}`) : "");
}

addEventListener("popstate", () => {
  search = current();
  render().then(scrollBack);
});
byId("hide-copies").addEventListener("change", event => go({ hideCopies: event.target.checked }));
byId("text-form").addEventListener("submit", event => {
  event.preventDefault();
  go({ text: byId("text").value.trim(), view: "search" });
});
byId("help-button").addEventListener("click", () => byId("help").showModal());
for (const button of document.querySelectorAll("[data-close]")) {
  button.addEventListener("click", () => button.closest("dialog").close());
}
for (const [id, to] of [["home", { ...DEFAULTS, files: [] }], ["to-search", { view: "search" }], ["to-map", { view: "map" }]]) {
  byId(id).addEventListener("click", event => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    go(to);
  });
}

async function begin() {
  const [about, columns, labels] = await Promise.all([service.version(), service.columns(), service.labels()]);
  originalsAre(about.has_images);
  byId("text-form").hidden = !about.has_text;
  if (about.collects) offerFeedback(labels, render);
  indexed = about.images;
  byId("index-note").textContent = [count(about.images, "image"),
    about.classes && count(about.classes, "class").replace("classs", "classes")].filter(Boolean).join(" · ");
  filters = new Filters(columns, labels, go);
  filters.set(search);
}
byId("filters").open = matchMedia("(min-width: 48rem)").matches;
begin().then(() => renders || render(), fail); // who was faster than that has had an answer
