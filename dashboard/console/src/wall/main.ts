// The display of the room (/wall/). `?theme=day` and `?lang=en` choose how it looks; there is nothing to press on it.

import "$styles/console.css";
import "./wall.css";

import { mount } from "svelte";

import { language } from "$lib/i18n/index.svelte";
import { ensureJapaneseFace } from "$styles/fonts";

import Wall from "./Wall.svelte";

const asked = new URLSearchParams(location.search);
document.documentElement.dataset.theme = asked.get("theme") === "day" ? "day" : "night";
const target = document.getElementById("app");
void language.set(asked.get("lang") === "en" ? "en" : "ja").then(() => {
  if (target) mount(Wall, { target });
});
void ensureJapaneseFace();
