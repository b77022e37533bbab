// What the page says about the connection: offline, another version, a key.

import * as api from "./api.js";
import { announce, byId, h } from "./dom.js";
import { sentence } from "./view.js";

/** Wires the banner. `refresh` shows again what is shown, from new answers; where that `isLive`, it is at once. */
export function startNotices(refresh: () => void, isLive: () => boolean): void {
  const banner = byId("banner");
  let ticking = 0;

  const say = (kind: string, ...content: Node[]): void => {
    window.clearInterval(ticking);
    banner.className = kind;
    banner.replaceChildren(...content);
    banner.hidden = false;
  };
  const silence = (): void => {
    window.clearInterval(ticking);
    banner.hidden = true;
    banner.replaceChildren();
  };

  api.on("offline", ({ nextTrySeconds }) => {
    const countdown = h("span", { "aria-hidden": "true" });
    let left = nextTrySeconds;
    const tick = (): void => {
      countdown.textContent = left > 0 ? ` Next try in ${left} s.` : " Trying…";
      left -= 1;
    };
    const wasSaid = banner.className === "offline" && !banner.hidden;
    say(
      "offline",
      h("p", {}, h("strong", {}, "The server cannot be reached."), " What you see is what it said last.", countdown),
      h("button", { type: "button", click: () => void api.tryNow() }, "Try now"),
    );
    tick();
    ticking = window.setInterval(tick, 1000);
    if (!wasSaid) announce("The server cannot be reached. Trying again.");
  });
  api.on("online", () => {
    silence();
    announce("The server is back.");
    refresh();
  });
  api.on("version", (version) => {
    const again = (): void => {
      silence();
      refresh();
    };
    byId("version").textContent = `v${version}`;
    announce(`Version ${version} of the index is served now.`);
    if (isLive()) return again();
    say(
      "news",
      h("p", {}, h("strong", {}, `Version ${version} of the index is served now.`), " This page shows answers of another one."),
      h("button", { type: "button", click: again }, "Show its answers"),
      h("button", { type: "button", click: silence }, "Not now"),
    );
  });
  api.on("unauthorized", (problem) => {
    if (!isDismissed) openKey(problem);
  });
}

let asked = false;
// Whoever closed the dialogue is not asked again by what the page does by itself.
let isDismissed = false;

function openKey(problem?: api.Problem): void {
  const dialog = byId<HTMLDialogElement>("key-dialog");
  const reason = byId("key-reason");
  isDismissed = false;
  reason.textContent = problem && asked ? "This key does not count. Is it complete, and still in the server's file?" : "";
  asked = problem !== undefined;
  byId("forget-key").hidden = !api.hasKey();
  if (!dialog.open) dialog.showModal();
}

/** Wires the dialogue that asks for a key. `refresh` is called when there is another one. */
export function startKey(refresh: () => void): void {
  const dialog = byId<HTMLDialogElement>("key-dialog");
  const input = byId<HTMLInputElement>("key-input");
  const button = byId("key");
  const showState = (): void => {
    button.classList.toggle("has-key", api.hasKey());
    button.setAttribute("aria-label", api.hasKey() ? "Key: in use, change or forget it" : "Key: none, enter one");
  };
  const done = (text: string): void => {
    input.value = "";
    showState();
    dialog.close();
    announce(sentence(text));
    refresh();
  };
  button.addEventListener("click", () => openKey());
  document.addEventListener("kindred:key", () => openKey());
  api.on("unauthorized", showState);
  byId("key-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const key = input.value.trim();
    if (key === "" || !/^[\x21-\x7e]+$/.test(key)) {
      byId("key-reason").textContent = "A key is visible ASCII characters without blanks.";
      return;
    }
    asked = true;
    isDismissed = false;
    api.setKey(key);
    done("the key is used until this tab is closed");
  });
  byId("forget-key").addEventListener("click", () => {
    asked = false;
    api.forgetKey();
    done("the key is forgotten");
  });
  byId("key-cancel").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => {
    isDismissed = !api.hasKey();
    input.value = "";
  });
  showState();
}
