import { expect, it } from "vitest";

import { isNumber } from "./digits";

it("full-width digits are digits; anything else is not the number", () => {
  expect(isNumber("１２", 12)).toBe(true);
  expect(isNumber(" 12 ", 12)).toBe(true);
  for (const wrong of ["", "1", "120", "12.0", "1e1", "+12", "十二", "0x0c"]) expect(isNumber(wrong, 12)).toBe(false);
});
