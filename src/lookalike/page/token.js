// The bearer token, where the service asks for one: kept for this tab alone.

import { byId } from "./dom.js";

const KEY = "lookalike-token";
let asking = null;

export const token = () => sessionStorage.getItem(KEY);

/** Ask for the token, once for all requests that wait for it; `refused` is the one that did not do. */
export function askForToken(refused) {
  if (token() !== refused) return Promise.resolve(); // another request has asked meanwhile
  asking ??= new Promise(resolve => {
    const dialog = byId("token"), input = byId("token-value");
    dialog.addEventListener("cancel", event => event.preventDefault());
    byId("token-form").addEventListener("submit", event => {
      event.preventDefault();
      sessionStorage.setItem(KEY, input.value.trim());
      input.value = "";
      dialog.close();
      asking = null;
      resolve();
    }, { once: true });
    dialog.showModal();
  });
  return asking;
}
