import "$styles/console.css";
import "./app.css";

import { mount } from "svelte";

import { language } from "$lib/i18n/index.svelte";
import { theme } from "$lib/state/theme.svelte";
import { ensureJapaneseFace } from "$styles/fonts";

import App from "./App.svelte";

theme.restore();
const target = document.getElementById("app");
// The chosen language is there before the first word is shown.
void language.restore().then(() => {
  if (target) mount(App, { target });
});
void ensureJapaneseFace();

// A service worker exists on secure origins only; without it everything works but a reload without the server.
if ("serviceWorker" in navigator && import.meta.env.PROD) {
  navigator.serviceWorker.register("/console/sw.js", { scope: "/console/" }).catch((error: unknown) => {
    console.warn("the service worker was not registered", error);
  });
}
