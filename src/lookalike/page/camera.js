// A photo from the camera of a desktop; phones have their own way, by `capture`.

import { byId } from "./dom.js";

/** A photo as a file; null where none was taken. */
export async function takePhoto() {
  const dialog = byId("camera"), video = byId("viewfinder"), shutter = byId("shutter");
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch {
    byId("capture").click(); // no camera, or none that we may use: choose a file
    return null;
  }
  video.srcObject = stream;
  dialog.showModal();
  return new Promise(resolve => {
    const taken = async () => {
      const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
      canvas.getContext("2d").drawImage(video, 0, 0);
      const blob = await canvas.convertToBlob({ type: "image/jpeg", quality: 0.92 });
      finish(new File([blob], "photo.jpg", { type: blob.type }));
    };
    const finish = file => {
      shutter.removeEventListener("click", taken);
      dialog.removeEventListener("close", cancelled);
      for (const track of stream.getTracks()) track.stop();
      video.srcObject = null;
      dialog.close();
      resolve(file);
    };
    const cancelled = () => finish(null);
    shutter.addEventListener("click", taken);
    dialog.addEventListener("close", cancelled);
  });
}
