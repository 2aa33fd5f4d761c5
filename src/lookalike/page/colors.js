// Colors of groups of points: few are told apart by hand-picked colors, many by spread hues.

// Okabe and Ito, "Color universal design" (2008), without black; then four more
const FEW = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#b8a800", "#7b5ea7", "#8c564b", "#5f9e2f"];
const NAMED = { right: "#8aa0ae", wrong: "#d9372c" };
const UNKNOWN = "#8a8a8a";
const GOLDEN_ANGLE = 137.508;

/**
 * The groups of a column's values: `names` (sorted, null last), `of` each point, `sizes` and `colors`.
 *
 * @param by a column, or "mistakes": whether the prediction is the label
 */
export function groupsOf(columns, by) {
  const values = by === "mistakes" ? mistakes(columns) : columns[by] ?? [];
  const sizes = new Map();
  for (const value of values) sizes.set(value, (sizes.get(value) ?? 0) + 1);
  const names = [...sizes.keys()].filter(name => name !== null)
    .sort((one, other) => one.localeCompare(other, "en", { numeric: true }));
  const colors = names.map((name, at) => NAMED[by === "mistakes" ? name : ""] ?? color(at, names.length));
  if (sizes.has(null)) {
    names.push(null);
    colors.push(UNKNOWN);
  }
  const numbers = new Map(names.map((name, number) => [name, number]));
  return { names, colors, sizes: names.map(name => sizes.get(name)), of: Uint32Array.from(values, value => numbers.get(value)) };
}

function mistakes({ label, predicted_label: predicted }) {
  return label.map((actual, at) =>
    actual === null || !predicted[at] ? null : actual === predicted[at] ? "right" : "wrong");
}

const color = (at, number) => number <= FEW.length ? FEW[at]
  : `oklch(${[0.62, 0.72, 0.52][at % 3]} 0.15 ${(at * GOLDEN_ANGLE) % 360})`;

const pen = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });

/** A CSS color as a pixel of a canvas: RGBA in a little-endian 32-bit integer. */
export function pixelOf(css) {
  pen.fillStyle = css;
  pen.fillRect(0, 0, 1, 1);
  const [red, green, blue] = pen.getImageData(0, 0, 1, 1).data;
  return 0xff000000 | (blue << 16) | (green << 8) | red;
}
