// Pictures from outside: dropped, pasted, chosen or taken.

import { byId } from "./dom.js";
import { takePhoto } from "./camera.js";

/** Call `take(files, added)` with pictures that come in; `added` where they join the query. */
export function watchIntake(take) {
  let adds = false;
  const input = byId("file"), capture = byId("capture");
  for (const chooser of [input, capture]) {
    chooser.addEventListener("change", () => {
      if (chooser.files.length) take([...chooser.files], adds);
      chooser.value = ""; // so that the same file can be chosen again
    });
  }
  document.addEventListener("click", event => {
    const button = event.target.closest("[data-intake]");
    if (!button) return;
    adds = button.dataset.adds === "true";
    if (button.dataset.intake === "choose") input.click();
    else if (matchMedia("(pointer: coarse)").matches) capture.click(); // the phone's own camera
    else takePhoto().then(file => file && take([file], adds));
  });
  document.addEventListener("paste", event => {
    const files = pictures(event.clipboardData);
    if (!files.length) return;
    event.preventDefault();
    take(files, false);
  });
  watchDrop(take);
}

function watchDrop(take) {
  const overlay = byId("drop");
  let depth = 0; // dragging enters and leaves every element on the way
  const carriesFiles = event => event.dataTransfer?.types.includes("Files");
  const over = (event, change) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    depth = Math.max(0, depth + change);
    overlay.hidden = depth === 0;
  };
  addEventListener("dragenter", event => over(event, 1));
  addEventListener("dragleave", event => over(event, -1));
  addEventListener("dragover", event => carriesFiles(event) && event.preventDefault());
  addEventListener("drop", event => {
    over(event, -depth);
    const files = [...(event.dataTransfer?.files ?? [])];
    if (files.length) take(files, event.shiftKey);
  });
}

const pictures = data => [...(data?.files ?? [])].filter(file => file.type.startsWith("image/"));
