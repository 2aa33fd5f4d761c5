// Copies of a picture, told from what merely looks like it: by the pixels, not by the embedding.

import { bitmap } from "./pictures.js";

export const COPY = 0.999; // the similarity from which a hit may be a copy
const SIDE = 16; // pixels that a picture is reduced to
const CLOSE = 6; // mean difference of reduced pixels, of 255, up to which pictures are one
const NEIGHBORHOOD = 0.02; // pictures that are one are about as similar to any query

const reduced = new Map(); // id → promise of pixels

/** The reduced pixels of an indexed image, or null. */
export function pixelsOf(id) {
  if (!reduced.has(id)) reduced.set(id, bitmap(id).then(picture => picture && reduce(picture)));
  return reduced.get(id);
}

/** The reduced pixels of a file, or null where this browser cannot read it. */
export async function pixelsOfFile(file) {
  try {
    return reduce(await createImageBitmap(file));
  } catch {
    return null;
  }
}

function reduce(picture) {
  const canvas = new OffscreenCanvas(SIDE, SIDE);
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.fillStyle = "white"; // behind what is transparent
  pen.fillRect(0, 0, SIDE, SIDE);
  pen.imageSmoothingQuality = "high";
  pen.drawImage(picture, 0, 0, SIDE, SIDE);
  const pixels = pen.getImageData(0, 0, SIDE, SIDE).data;
  pixels.ratio = picture.width / picture.height;
  picture.close();
  return pixels;
}

/** Whether two pictures are the same but for their size and compression. */
export function samePicture(one, other) {
  if (!one || !other || Math.abs(Math.log(one.ratio / other.ratio)) > 0.06) return false;
  let difference = 0;
  for (let at = 0; at < one.length; at++) difference += Math.abs(one[at] - other[at]);
  return difference / (3 * SIDE * SIDE) <= CLOSE; // alpha is always full
}

/** What a hit is to the query: "same file", "copy", "look-alike" or "" (just similar). */
export function relation(hit, queryIds, queryPixels, pixels) {
  if (queryIds.includes(hit.id)) return "same file";
  if (samePicture(queryPixels, pixels)) return "copy";
  return hit.similarity >= COPY ? "look-alike" : "";
}

/**
 * For each hit the place of the first one that is the same picture, its own where there is none.
 *
 * @param hits by falling similarity
 * @param pixels of each
 */
export function firstOfEach(hits, pixels) {
  const first = [];
  hits.forEach((hit, place) => {
    let found = place;
    for (let before = place - 1; before >= 0; before--) {
      if (hits[before].similarity - hit.similarity > NEIGHBORHOOD) break;
      if (samePicture(pixels[before], pixels[place])) {
        found = first[before];
        break;
      }
    }
    first.push(found);
  });
  return first;
}
