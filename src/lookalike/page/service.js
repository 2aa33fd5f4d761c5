// Requests to the service, and what it answers when it refuses.

import { askForToken, token } from "./token.js";

/** What the service said against a request, in one line. */
export class Refused extends Error {
  constructor(message, requestId = null) {
    super(message);
    this.requestId = requestId;
  }
}

/** Search by examples: `files` (blobs), `like` and `unlike` (ids), `text`, and options as the service has them. */
export function predict({ files = [], like = [], unlike = [], text = "", options = {} }, signal) {
  const all = { ...options, text: text || null };
  const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null));
  if (!files.length) return json("predict", { ...posted({ like, unlike, ...given }), signal });
  const body = new FormData();
  for (const file of files) body.append("file", file, file.name ?? "picture.png");
  for (const id of like) body.append("like", id);
  for (const id of unlike) body.append("unlike", id);
  for (const [name, value] of Object.entries(given)) body.append(name, value);
  return json("predict", { method: "POST", body, signal });
}

/** Say what a picture that was kept really shows. */
export const sendCorrection = (id, label) => answer("corrections", posted({ id, label }));
/** Say that a hit is not like what was searched for; both are ids. */
export const sendHardNegative = (query, hit) => answer("hard-negatives", posted({ query, hit }));

const posted = content => ({
  method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(content),
});

export const version = () => json("version");
export const labels = async () => (await json("labels")).labels;
export const columns = async () => (await json("columns")).columns;
export const projection = async () => (await json("projection")).columns;
export const metadata = id => json(`images/${encodeURIComponent(id)}/metadata`);
export const thumbnailPath = id => `images/${encodeURIComponent(id)}/thumbnail`;
export const originalPath = id => `images/${encodeURIComponent(id)}`;

/** An answer's bytes. */
export const blob = async path => (await answer(path)).blob();

async function json(path, request) {
  return (await answer(path, request)).json();
}

async function answer(path, request = {}, retried = false) {
  const held = token();
  const headers = { ...request.headers, ...(held && { Authorization: `Bearer ${held}` }) };
  let response;
  try {
    response = await fetch(path, { ...request, headers });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused("The service does not answer. Is it still running?");
  }
  if (response.ok) return response;
  if (response.status === 401) {
    await askForToken(held);
    return answer(path, request, retried);
  }
  if (response.status === 429 && !retried) {
    const seconds = Math.min(Number(response.headers.get("Retry-After")) || 1, 10);
    await new Promise(resolve => setTimeout(resolve, 1000 * seconds));
    return answer(path, request, true);
  }
  throw await refusal(response);
}

async function refusal(response) {
  try {
    const { error } = await response.json();
    return new Refused(error.message, error.request_id);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    return new Refused(`The service answered ${response.status} ${response.statusText}.`);
  }
}
