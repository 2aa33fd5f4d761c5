// Pictures of indexed images: thumbnails, and the originals where the service has them.

import { blob, originalPath, thumbnailPath } from "./service.js";
import { token } from "./token.js";

const MOST_PIXELS = 2e6; // of an original in the grid; beyond it, it is not worth its bytes there
const MOST_KEPT = 3000;

const kept = new Map(); // path → promise of a blob address, the oldest first
let hasOriginals = false;

export const originalsAre = there => { hasOriginals = there; };
export const originals = () => hasOriginals;

/** What `src` may be for a path of the service: an image element cannot send the token itself. */
function source(path) {
  if (!token()) return path;
  if (!kept.has(path)) {
    const address = blob(path).then(URL.createObjectURL).catch(() => {
      kept.delete(path);
      return ""; // the image element shows its alternative text
    });
    kept.set(path, address);
    if (kept.size > MOST_KEPT) {
      const [oldest, old] = kept.entries().next().value;
      kept.delete(oldest);
      old.then(URL.revokeObjectURL);
    }
  }
  return kept.get(path);
}

/** Show the thumbnail of an indexed image in an `img`. */
export async function showThumbnail(image, id) {
  image.draggable = false;
  image.src = await source(thumbnailPath(id));
}

/** Show an indexed image in an `img`: its thumbnail, or the original where that is worth it. */
export async function show(image, { id, width, height }, large = false) {
  const small = await source(thumbnailPath(id));
  image.loading = "lazy";
  image.draggable = false; // or it would be dropped on the page that it is from
  image.classList.toggle("tiny", Math.max(width, height) <= 48);
  if (!hasOriginals || !(large || width * height <= MOST_PIXELS)) {
    image.src = small;
    return;
  }
  image.style.backgroundImage = `url("${small}")`; // until the original is there
  image.addEventListener("error", () => { image.src = small; }, { once: true }); // as TIFF may be
  image.addEventListener("load", () => { image.style.backgroundImage = ""; }, { once: true });
  image.src = await source(originalPath(id));
}

/** An indexed image to draw on a canvas; null where the service has no picture of it. */
export async function bitmap(id) {
  try {
    return await createImageBitmap(await blob(thumbnailPath(id)));
  } catch {
    return null;
  }
}
