// Other areas and another validity than recommended; and a place for which nothing is recommended.

import { IN_THE_END_S, must, within } from "../cases.mjs";
import { says } from "./desk.mjs";
import { proposed } from "./officers.mjs";

// Measures nothing: may run beside others.
export const patient = true;
// Nothing here depends on how the map is drawn.
export const modes = ["without WebGL"];

// An hour of the event takes seven minutes: what is read is still so when it is approved, on a slow machine too.
export const night = { speed: 8 };

export async function stories(_, desk) {
  const seen = {};
  const counted = (page) => page.getByTestId("recount");
  return [
    ["Other areas than recommended", [
      ["E opens the sheet with the areas: what is left out is marked, own words are asked for, and the text has the areas that were chosen", async () => {
        const page = (seen.duty = await desk.officer("duty", { offline: false }));
        const { id } = await desk.recommendation(page);
        const { body: detail } = await desk.api(page, "GET", `/api/v1/recommendations/${id}/detail`);
        must(detail.areas.length > 1, "one area only");
        await page.locator("h1").first().focus();
        await page.keyboard.press("e");
        await page.getByTestId("edited-areas").waitFor();
        const first = page.getByTestId("area").filter({ has: page.locator("input:checked") }).first();
        seen.dropped = await first.getAttribute("data-id");
        await first.click();
        await within(IN_THE_END_S, "the mark", async () => await page.locator(`[data-testid=area][data-id="${seen.dropped}"]`).locator("b").count() === 1);
        const level = await proposed(page);
        await page.getByTestId(`level-${level}`).click();
        await page.getByTestId("departs").waitFor();
        must(await page.getByTestId("reason").count() === 0, "a line of evidence can be adopted for other areas");
        await page.getByTestId("reason-words").fill("現地の確認により除く");
        await page.getByTestId("valid").selectOption("6");
        await page.getByTestId("digest").waitFor();
        await page.getByTestId("edited").waitFor();
        const areas = Number((await page.getByTestId("message-body").innerText()).match(/(\d+)地区/)?.[1]);
        must(areas === detail.areas.length - 1, `${areas} areas in the text, ${detail.areas.length} recommended`);
        must(/6/.test(await page.getByTestId("edited").innerText()), "the validity is not said");
        await within(IN_THE_END_S, "people counted", async () => await counted(page).getAttribute("data-areas") === String(areas));
        await page.getByTestId("check").fill(String(detail.areas.length));
        must(await page.getByTestId("approve").isDisabled(), "the number of the recommended areas opens the button");
        await page.getByTestId("check").fill(String(areas));
        await within(IN_THE_END_S, "the open button", async () => await page.getByTestId("approve").isEnabled());
        await desk.picture(page, "edited");
        await desk.axe(page, "a sheet with other areas");
        await page.getByTestId("areas-as-recommended").click();
        must(await page.getByTestId("areas-as-recommended").isVisible() && await page.getByTestId("departs").count() === 0, "as recommended is not as recommended");
        await page.keyboard.press("Escape");
      }],
      ["a place on the map where nothing is recommended leads to a draft for it", async () => {
        const page = seen.duty;
        await desk.open(page, "situation");
        await within(IN_THE_END_S, "the map", async () => await page.getByTestId("map").getAttribute("data-complete") === "true");
        await page.getByTestId("map-canvas").focus();
        await page.keyboard.press("t");
        const open = new Set((await desk.api(page, "GET", "/api/v1/inbox")).body.items.flatMap((item) => item.areas));
        const rows = page.getByTestId("map-table").locator("tbody tr").filter({ hasText: /^発令区域/ });
        await rows.first().waitFor();
        let pressed = null;
        for (const row of await rows.all()) {
          const name = (await row.locator("button").innerText()).trim();
          if (open.has(name)) continue;
          await row.locator("button").click();
          pressed = name;
          break;
        }
        must(pressed !== null, "every area in view has a recommendation");
        await page.getByTestId("draft-here").click();
        await page.getByTestId("screen-draft").waitFor();
        await page.getByTestId("area").first().waitFor();
        const chosen = await page.getByTestId("area").filter({ has: page.locator("input:checked") }).allInnerTexts();
        must(chosen.length === 1 && chosen[0].includes(pressed), `${chosen} is chosen, not ${pressed}`);
        await says(page, "ここでは何も発表されません");
      }],
    ]],
  ];
}
