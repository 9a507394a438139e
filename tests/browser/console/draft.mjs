// Without a recommendation, and without models: what an officer judges on their own goes the same way as everything else.

import { IN_THE_END_S, must, within } from "../cases.mjs";
import { proposed, standing, tabTo, textOf } from "./officers.mjs";

const WORDS = "巡視班から堤防の亀裂の報告があった";

// Measures nothing: may run beside others.
export const patient = true;
// Nothing here depends on how the map is drawn.
export const modes = ["without WebGL"];
export const night = { config: "models.enabled = false\n" };

export async function stories(demo, desk) {
  const seen = {};
  const button = (page) => page.getByTestId("draft-state");
  const counted = (page) => page.getByTestId("recount");
  return [
    ["A judgement of one's own", [
      ["[49] the inbox leads to a draft without a recommendation; nothing is chosen, and the button is shut", async () => {
        seen.duty = await desk.officer("duty", { offline: false });
        await desk.paced(seen.duty);
        await seen.duty.getByTestId("draft-open").click();
        await seen.duty.getByTestId("draft-cause").waitFor();
        must(await seen.duty.getByTestId("draft-cause").inputValue() === "", "a danger is chosen");
        must(await seen.duty.getByTestId("screen-draft").locator("input:checked").count() === 0, "something is chosen");
        must(await button(seen.duty).isDisabled(), "the button is open");
        await desk.axe(seen.duty, "the empty draft");
      }],
      ["[59] danger, level, way, an area and the words are given by keyboard alone; Enter sends nothing", async () => {
        const page = seen.duty;
        await page.keyboard.press("Escape");
        await page.evaluate(() => document.activeElement.blur());
        await page.keyboard.press("g");
        await page.keyboard.press("d");
        await tabTo(page, "draft-cause");
        await page.keyboard.press("ArrowDown");
        must(await page.getByTestId("draft-cause").inputValue() !== "", "no danger was chosen");
        // The first level has the focus; Space chooses it, the arrow the next one.
        await tabTo(page, "draft-level-3", true);
        await page.keyboard.press("Space");
        await page.keyboard.press("ArrowDown");
        must(await page.getByTestId("draft-level-4").locator("input").isChecked(), "level 4 is not chosen");
        await tabTo(page, "draft-way-leave", true);
        await page.keyboard.press("Space");
        must(await button(page).isDisabled(), "the button is open without areas and words");
        await tabTo(page, "area", true);
        await page.keyboard.press("Space");
        await tabTo(page, "draft-words");
        await page.keyboard.type(WORDS);
        await within(IN_THE_END_S, "people counted", async () => await counted(page).getAttribute("data-areas") === "1");
        await tabTo(page, "draft-state");
        await page.keyboard.press("Enter");
        await page.waitForTimeout(400);
        must(await page.getByTestId("screen-draft").count() === 1, "Enter stated it");
      }],
      ["each area that the list or the map takes in is counted anew, as the server counts", async () => {
        const page = seen.duty;
        const chosen = () => page.getByTestId("area").filter({ has: page.locator("input:checked") }).evaluateAll((all) => all.map((one) => one.dataset.id));
        const figure = async () => await page.getByTestId("recount-people").innerText();
        const before = await figure();
        await page.getByTestId("area").nth(3).click();
        await within(IN_THE_END_S, "two areas", async () => await counted(page).getAttribute("data-areas") === "2");
        // The map: the table of the same things takes in what is pressed there.
        await within(IN_THE_END_S, "the map", async () => await page.getByTestId("map").getAttribute("data-complete") === "true");
        await page.getByTestId("map-canvas").focus();
        await page.keyboard.press("t");
        const known = await chosen();
        const rows = page.getByTestId("map-table").locator("tbody tr").filter({ hasText: /^発令区域/ });
        await rows.first().waitFor();
        const names = await page.getByTestId("area").filter({ has: page.locator("input:checked") }).locator("span").evaluateAll((all) => all.map((one) => one.firstChild.textContent.trim()));
        for (const row of await rows.all()) {
          const name = (await row.locator("button").innerText()).trim();
          if (names.includes(name)) continue;
          await row.locator("button").click();
          break;
        }
        await within(IN_THE_END_S, "three areas", async () => await counted(page).getAttribute("data-areas") === "3");
        must((await chosen()).length === known.length + 1, "the list does not follow the map");
        await page.getByTestId("map").getByRole("button", { name: "地図に戻る" }).click();
        const ids = await chosen();
        const { body } = await desk.api(page, "GET", `/api/v1/recount?about=${encodeURIComponent(await page.getByTestId("draft-cause").inputValue())}&level=4&areas=${ids.join(",")}`);
        const shown = Number((await figure()).replace(/\D/g, ""));
        must(body.areas.length === 3 && shown === body.people_in_zone, `${shown} shown, ${body.people_in_zone} counted`);
        desk.says(`${before} in the first area, ${await figure()} in three`);
        await desk.picture(page, "draft");
        await desk.axe(page, "a filled draft");
      }],
      ["stated, it is in the inbox as the judgement of a person and never as a recommendation, with what speaks against it", async () => {
        const page = seen.duty;
        await within(IN_THE_END_S, "the open button", async () => await button(page).isEnabled());
        await button(page).click();
        await page.getByTestId("recommendation").waitFor();
        seen.id = await page.getByTestId("recommendation").getAttribute("data-id");
        // It may say that it is none; it must not say that it is one.
        const words = await page.getByTestId("recommendation").innerText();
        const claims = words.split("\n").filter((line) => /システムの推奨(?!ではありません)|推奨します/.test(line));
        must(/職員の判断/.test(words) && claims.length === 0, `it says:\n${claims.join("\n") || words.slice(0, 400)}`);
        must((await page.getByTestId("own-words").innerText()).includes(WORDS), "the words are not there");
        must(await page.getByTestId("counter-evidence-line").count() > 0, "nothing speaks against it");
        must(await page.locator(`[data-testid=inbox-item][data-id="${seen.id}"]`).getByTestId("own-judgement").count() === 1, "the inbox does not say whose it is");
        await desk.picture(page, "stated");
        await desk.axe(page, "an officer's own judgement");
        must(!(await (await fetch(`${demo.origin()}/`)).text()).includes("<article"), "the public page shows something");
      }],
      ["[49] over the same sheet it is approved by its author as the first, and by another as the second, and published", async () => {
        const page = seen.duty;
        await page.locator("[data-testid=decide]:enabled").click();
        await page.getByTestId("approve").waitFor();
        const level = await proposed(page);
        must(level === 4, `the sheet proposes level ${level}`);
        await page.getByTestId(`level-${level}`).click();
        await page.getByTestId("reason").first().click();
        await page.getByTestId("digest").waitFor();
        const areas = (await page.getByTestId("message-body").innerText()).match(/(\d+)地区/)?.[1];
        must(areas === "3", `${areas} areas in the text`);
        await page.getByTestId("check").fill(areas);
        await page.getByTestId("approve").click();
        await page.getByTestId("screen-waiting").waitFor();
        const text = textOf(page);
        const refused = await desk.api(page, "POST", `/api/v1/texts/${text}/choice`, { choice: String(level), check: areas });
        must(refused.status === 403, `its author as the second: ${refused.status}`);
        seen.approver = await desk.officer("approver", { offline: false });
        await desk.open(seen.approver, `second/${text}`);
        await seen.approver.getByTestId("check").fill(areas);
        await seen.approver.getByTestId(`choice-${level}`).click();
        await seen.approver.getByTestId("second-approve").click();
        await seen.approver.getByTestId("screen-notice").waitFor();
        await within(IN_THE_END_S, "the notice on the public page", async () => (await (await fetch(`${demo.origin()}/`)).text()).includes("<article"));
        must(!(await (await fetch(`${demo.origin()}/`)).text()).includes(WORDS), "the public page tells the officer's words");
        must(await standing(page, desk, seen.id) === "approved", "the item is not approved");
      }],
      ["what is stated can be taken back with a reason, and is open no more", async () => {
        const page = seen.duty;
        const { body: form } = await desk.api(page, "GET", "/api/v1/judgements");
        const cause = form.causes.find((one) => one.is_river);
        const used = new Set((await desk.api(page, "GET", "/api/v1/inbox")).body.items.flatMap((item) => item.area_ids));
        const area = form.areas.find((one) => !used.has(one.id)) ?? form.areas[0];
        const made = await desk.api(page, "POST", "/api/v1/judgements", { about: cause.about, level: 5, areas: [area.id], way: null, words: WORDS, valid_h: null });
        must(made.status === 201, `stating it answers ${made.status}: ${JSON.stringify(made.body)}`);
        const id = made.body.recommendation;
        await desk.open(page, `recommendations/${id}`);
        await page.locator(`[data-testid=recommendation][data-id="${id}"]`).waitFor();
        await page.locator("[data-testid=withdraw-own]:enabled").click();
        await page.getByTestId("withdraw-dialog").waitFor();
        must(await page.getByTestId("withdraw-do").isDisabled(), "it can be withdrawn without a reason");
        await page.getByTestId("withdraw-words").fill("誤認だった");
        await page.getByTestId("withdraw-do").click();
        await page.getByTestId("withdraw-dialog").waitFor({ state: "detached" });
        await within(IN_THE_END_S, "it is closed", async () => !["new", "seen", "deciding", "deferred"].includes(await standing(page, desk, id)));
      }],
    ]],
  ];
}
