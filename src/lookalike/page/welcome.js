// Some indexed images to begin with, for who has no picture at hand.

import { allImages } from "./map.js";
import { predict } from "./service.js";
import { quoted } from "./where.js";

const SOME = 28;
const MOST_INDEXED = 50_000; // beyond it, listing all images takes longer than one waits for a start

/** Records of random images, without similarity; none where the index is too large to list. */
export async function beginnings(indexed) {
  if (indexed > MOST_INDEXED) return [];
  const { id: ids } = await allImages();
  const some = new Set();
  while (some.size < Math.min(SOME, ids.length)) some.add(ids[Math.floor(Math.random() * ids.length)]);
  const where = `id IN (${[...some].map(quoted).join(", ")})`;
  const [first] = some;
  const { hits } = await predict({ like: [first], options: { where, k: SOME } });
  const records = new Map(hits.map(({ similarity, ...record }) => [record.id, record]));
  return [...some].map(id => records.get(id)); // in no order, rather than by similarity
}
