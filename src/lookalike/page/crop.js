// Search by a part of a picture: a frame over it on a canvas, by pointer or keys.

import { byId } from "./dom.js";

const SMALLEST = 8; // pixels of the picture, a side
const STEP = 0.02; // of the picture, a key press
const dialog = byId("crop"), canvas = byId("crop-canvas"), pen = canvas.getContext("2d");
let picture, frame, from, finish;

/** The part of an image (a blob) that is chosen, as a PNG file; null where none was. */
export async function cropped(blob) {
  picture = await createImageBitmap(blob);
  frame = { x: 0.2 * picture.width, y: 0.2 * picture.height, width: 0.6 * picture.width, height: 0.6 * picture.height };
  canvas.width = picture.width;
  canvas.height = picture.height;
  paint();
  dialog.showModal();
  canvas.focus();
  return new Promise(resolve => { finish = resolve; });
}

function paint() {
  const { x, y, width, height } = frame;
  pen.drawImage(picture, 0, 0);
  pen.fillStyle = "#000a";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(picture, x, y, width, height, x, y, width, height);
  pen.lineWidth = Math.max(1, canvas.width / 400);
  pen.strokeStyle = "white";
  pen.strokeRect(x, y, width, height);
}

const within = (value, low, high) => Math.min(Math.max(value, low), high);

function at(event) {
  const box = canvas.getBoundingClientRect();
  return {
    x: within((event.clientX - box.left) / box.width, 0, 1) * canvas.width,
    y: within((event.clientY - box.top) / box.height, 0, 1) * canvas.height,
  };
}

canvas.addEventListener("pointerdown", event => {
  from = at(event);
  canvas.setPointerCapture(event.pointerId);
});
canvas.addEventListener("pointermove", event => {
  if (!from) return;
  const to = at(event), room = { x: canvas.width, y: canvas.height };
  const side = axis => within(Math.abs(to[axis] - from[axis]), Math.min(SMALLEST, room[axis]), room[axis]);
  const width = side("x"), height = side("y");
  frame = {
    x: within(Math.min(from.x, to.x), 0, room.x - width), y: within(Math.min(from.y, to.y), 0, room.y - height),
    width, height,
  };
  paint();
});
for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, () => { from = null; });

canvas.addEventListener("keydown", event => {
  const [x, y] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] ?? [];
  if (x === undefined) return;
  event.preventDefault();
  const dx = x * STEP * canvas.width, dy = y * STEP * canvas.height;
  if (event.shiftKey) {
    frame.width = within(frame.width + dx, SMALLEST, canvas.width - frame.x);
    frame.height = within(frame.height + dy, SMALLEST, canvas.height - frame.y);
  } else {
    frame.x = within(frame.x + dx, 0, canvas.width - frame.width);
    frame.y = within(frame.y + dy, 0, canvas.height - frame.height);
  }
  paint();
});

byId("crop-search").addEventListener("click", async () => {
  const x = Math.round(frame.x), y = Math.round(frame.y);
  const width = Math.max(1, Math.round(frame.width)), height = Math.max(1, Math.round(frame.height));
  const part = new OffscreenCanvas(width, height);
  part.getContext("2d").drawImage(picture, x, y, width, height, 0, 0, width, height);
  const blob = await part.convertToBlob({ type: "image/png" }); // nothing lost
  finish(new File([blob], "part.png", { type: blob.type }));
  dialog.close();
});
dialog.addEventListener("close", () => {
  finish(null); // of no effect after a search
  picture.close();
});
