import { expect, test } from "vitest";

import { depthText } from "./depth";

test("classes of depth keep their figures and lose their Japanese", () => {
  expect(["0.5m未満", "0.5m以上3m未満", "20m以上"].map((text) => depthText(text, "en"))).toEqual(["below 0.5 m", "0.5–3 m", "over 20 m"]);
  expect(depthText("0.5m以上3m未満", "ja")).toBe("0.5m以上3m未満");
});
