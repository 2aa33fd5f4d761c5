// Which points are inside a drawn line.

/**
 * @param points `{ x, y }`, a number each
 * @param line `[x, y]` of each corner, in the same units; it closes itself
 * @returns {number[]} the points inside, rising (even-odd rule)
 */
export function inside({ x: xs, y: ys }, line) {
  const found = [];
  const left = Math.min(...line.map(([x]) => x)), right = Math.max(...line.map(([x]) => x));
  for (let point = 0; point < xs.length; point++) {
    const x = xs[point], y = ys[point];
    if (x < left || x > right) continue;
    let odd = false;
    for (let at = 0, before = line.length - 1; at < line.length; before = at++) {
      const [x1, y1] = line[at], [x2, y2] = line[before];
      if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) odd = !odd;
    }
    if (odd) found.push(point);
  }
  return found;
}
