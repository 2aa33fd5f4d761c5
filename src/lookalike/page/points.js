// Many points on a canvas, pixel by pixel: 100,000 take a few milliseconds, without a graphics card.

// Shares of a color are of 128, so that two channels at once stay within 31 bits: fast integers.
const FULL = 128, SHIFT = 7, EVEN = 0xff00ff, ODD = 0xff00, OPAQUE = 0xff000000 | 0;

/** A disc as offsets and how much of each pixel it covers, 0 to 1. */
function disc(radius) {
  const reach = Math.ceil(radius + 0.5), pixels = [];
  for (let y = -reach; y <= reach; y++) {
    for (let x = -reach; x <= reach; x++) {
      const cover = Math.min(Math.max(radius + 0.5 - Math.hypot(x, y), 0), 1);
      if (cover > 0) pixels.push([x, y, cover]);
    }
  }
  return pixels;
}

let image = null; // of the last size, to be written anew

/** The radius of points, in CSS pixels: fewer are larger, and they grow as one comes closer. */
export const radiusOf = (number, zoom) => Math.min(7, Math.max(0.9, 115 / Math.sqrt(number)) * zoom ** 0.35);

/**
 * Draw points.
 *
 * @param pen a 2D context
 * @param points `{ x, y }` in the map's own units, a number each
 * @param place from those units to pixels of the canvas: `{ scale, x, y }`
 * @param pixels the color of each point, as `pixelOf` gives it
 * @param background likewise
 * @param isDim the points to draw first and faint, or null
 * @param radius in pixels of the canvas
 */
export function drawPoints(pen, points, place, pixels, background, isDim, radius) {
  const { width, height } = pen.canvas;
  if (image?.width !== width || image.height !== height) image = pen.createImageData(width, height);
  const buffer = new Int32Array(image.data.buffer);
  buffer.fill(background);
  if (isDim) pass(buffer, width, height, points, place, pixels, disc(radius), 0.15, isDim, 1);
  pass(buffer, width, height, points, place, pixels, disc(radius), 0.85, isDim, 0);
  pen.putImageData(image, 0, 0);
}

function pass(buffer, width, height, points, place, pixels, pattern, strength, isDim, wanted) {
  const reach = Math.max(...pattern.map(([x]) => x));
  const covers = pattern.map(([, , cover]) => Math.round(FULL * cover * strength));
  const offsets = pattern.map(([x, y]) => y * width + x);
  const { x: xs, y: ys } = points, { scale, x: left, y: top } = place;
  for (let point = 0; point < xs.length; point++) {
    if (isDim && isDim[point] !== wanted) continue;
    const x = Math.round(left + xs[point] * scale), y = Math.round(top - ys[point] * scale);
    if (x < reach || y < reach || x >= width - reach || y >= height - reach) continue;
    const at = y * width + x, color = pixels[point];
    const even = color & EVEN, odd = (color & ODD) >> 8;
    for (let pixel = 0; pixel < offsets.length; pixel++) {
      const here = at + offsets[pixel], below = buffer[here], cover = covers[pixel], rest = FULL - cover;
      buffer[here] = OPAQUE
        | (((Math.imul(below & EVEN, rest) + Math.imul(even, cover)) >> SHIFT) & EVEN)
        | (((Math.imul((below & ODD) >> 8, rest) + Math.imul(odd, cover)) >> SHIFT) << 8);
    }
  }
}
