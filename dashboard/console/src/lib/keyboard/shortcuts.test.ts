import { expect, it } from "vitest";

import { nameOf } from "./shortcuts.svelte";

const key = (name: string, more = {}) => nameOf({ key: name, ctrlKey: false, altKey: false, metaKey: false, ...more });

it("letters count whatever the keyboard's state; keys of the browser are left alone", () => {
  expect(key("A")).toBe("a");
  expect(key("ａ")).toBe("a");
  expect(key("Escape")).toBe("Escape");
  expect(key("a", { ctrlKey: true })).toBeNull();
});
