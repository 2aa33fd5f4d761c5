// The pictures of one's own that were searched for since the page was opened, so that Back finds them.

import { pixelsOfFile } from "./copies.js";

const uploads = new Map();

/** Keep a file; its key goes into the browser's history, never into an address. */
export function keep(file) {
  const key = crypto.getRandomValues(new Uint32Array(2)).join("-");
  uploads.set(key, { file, address: URL.createObjectURL(file), pixels: pixelsOfFile(file), id: idOf(file) });
  return key;
}

/** `{ file, address, pixels, id }`; the last two are promises, null where this browser cannot tell. */
export const uploadOf = key => uploads.get(key);

/** The id that an image of these very bytes has in an index: their sha256. */
async function idOf(file) {
  if (!crypto.subtle) return null; // as on plain http beyond this machine
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
  return [...digest].map(byte => byte.toString(16).padStart(2, "0")).join("");
}
