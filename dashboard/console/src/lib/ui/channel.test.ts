import { expect, it } from "vitest";

import en from "../i18n/en.json";
import { language, teachEnglish } from "../i18n/index.svelte";
import { channelName, channelState } from "./channel";

it("a way out and its state are words of the interface, and what the catalogue does not know keeps the server's, marked as Japanese", async () => {
  teachEnglish(en);
  globalThis.document = { documentElement: { lang: "" } } as unknown as Document;
  await language.set("en");
  expect(channelName({ id: "webhook:prefecture", name: "連携先 prefecture" })).toEqual({ text: "Webhook prefecture", lang: "en" });
  expect(channelState({ state: "owed", owed: 3, condition: "まだ届いていない発表が3件あります" })).toEqual({ text: "3 notices have not arrived yet", lang: "en" });
  expect(channelName({ id: "fax:east", name: "ファクス" })).toEqual({ text: "ファクス", lang: "ja" });
  expect(channelState({ condition: "点検中" })).toEqual({ text: "点検中", lang: "ja" });
  await language.set("ja");
  expect(channelState({ state: "ready", condition: "" })).toEqual({ text: "使えます", lang: "ja" });
});
