// Pictures in rows of one width and about one height: a justified grid.

const NARROWEST = 0.5, WIDEST = 3;

/**
 * The size of each picture. A last row that is not full keeps the wanted height.
 *
 * @param ratios width / height of each picture; extreme ones are cut to 0.5 and 3
 * @returns {{ width: number, height: number }[]}
 */
export function justified(ratios, { width, height, gap }) {
  const sizes = [];
  let row = [], sum = 0;
  const close = wanted => {
    const room = width - gap * (row.length - 1);
    const actual = Math.min(room / sum, wanted);
    for (const ratio of row) sizes.push({ width: Math.floor(actual * ratio * 100) / 100, height: actual });
    row = [];
    sum = 0;
  };
  for (const given of ratios) {
    const ratio = Math.min(Math.max(given || 1, NARROWEST), WIDEST);
    // whichever is nearer to the wanted height: the row without this picture, or with it
    const without = row.length ? (width - gap * (row.length - 1)) / sum : Infinity;
    const together = (width - gap * row.length) / (sum + ratio);
    if (row.length && together < height && without - height < height - together) close(Infinity);
    row.push(ratio);
    sum += ratio;
    if ((width - gap * (row.length - 1)) / sum <= height) close(Infinity);
  }
  if (row.length) close(height);
  return sizes;
}
