// What people allow and say: may their pictures be kept, is the class wrong, is a hit not alike?

import { byId, element, printable } from "./dom.js";
import { sendCorrection } from "./service.js";

const KEPT = {
  accepted: "Kept. Thank you.",
  "too large": "Not kept: it is too large.",
  "too many": "Not kept: too many pictures came within a minute.",
};

let offered = false, upload = null; // the picture whose class may be corrected

export const feedbackIsOffered = () => offered;
export const consents = () => byId("consent").checked;

/** Offer it, where the service keeps pictures; `changed` is called when the consent is another one. */
export function offerFeedback(labels, changed) {
  offered = true;
  byId("consent-field").hidden = false;
  byId("labels").replaceChildren(...labels.filter(({ label }) => label !== null)
    .map(({ label }) => element("option", { value: label })));
  byId("consent").addEventListener("change", changed);
  byId("correction-form").addEventListener("submit", event => {
    event.preventDefault();
    correct(upload, byId("right-label").value.trim());
  });
}

/** Say what became of the pictures that were searched for, and ask for the class of one that was kept. */
export function showKept(uploads) {
  const outcomes = uploads.map(({ kept }) => kept?.outcome).filter(Boolean);
  byId("kept").textContent = KEPT[outcomes.find(outcome => outcome !== "accepted") ?? outcomes[0]] ?? "";
  upload = uploads.length === 1 && keptId(uploads[0]) ? uploads[0] : null;
  showCorrection();
}

/** The id of a picture of one's own that was kept, else null. */
export const keptId = ({ kept }) => (kept?.outcome === "accepted" ? kept.id : null);

function showCorrection() {
  byId("correction").hidden = !upload;
  byId("correction").open = false;
  byId("right-label").value = "";
  byId("correction-note").textContent = upload?.label ? `Noted: it is ${printable(upload.label)}.` : "";
}

async function correct(corrected, label) {
  try {
    await sendCorrection(corrected.kept.id, label);
    corrected.label = label;
    if (corrected === upload) showCorrection();
  } catch (error) {
    byId("correction-note").textContent = printable(error.message);
  }
}
