import { expect, it } from "vitest";

import { parse } from "./routes.svelte";

it("addresses lead to their screens, and what is unknown to the situation", () => {
  expect(parse("#/published")).toEqual({ screen: "published" });
  expect(parse("#/recommendations/01%2Fx")).toEqual({ screen: "recommendation", id: "01/x" });
  expect(parse("#/draft")).toEqual({ screen: "draft", area: null });
  expect(parse("#/draft/kita%2F1")).toEqual({ screen: "draft", area: "kita/1" });
  expect(parse("#/second/d-1")).toEqual({ screen: "second", id: "d-1" });
  for (const odd of ["", "#", "#/nowhere", "#/recommendations/", "#/texts/%E0%A4%A"]) expect(parse(odd)).toEqual({ screen: "situation" });
});
