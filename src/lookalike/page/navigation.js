// The browser's history: every search is an entry in it, with what an address cannot hold.

import { fromAddress, toAddress } from "./address.js";
import { uploadOf } from "./uploads.js";

/** The search that the page is at, `files` (keys of uploads) included. */
export function current() {
  const files = (history.state?.files ?? []).filter(uploadOf);
  return { ...fromAddress(location.search), files };
}

/** Go to another search; the place on the page is kept for who comes back. */
export function goTo(search) {
  const address = location.pathname + toAddress(search);
  history.replaceState({ ...history.state, scroll: scrollY }, "");
  history.pushState({ files: search.files }, "", address);
}

export const scrollBack = () => scrollTo(0, history.state?.scroll ?? 0);

history.scrollRestoration = "manual"; // the pictures come after the browser would scroll
