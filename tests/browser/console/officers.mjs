// What officers do over and over: read a sheet and approve, be the second, and what a program does in their place.

import { must } from "../cases.mjs";

// The river may change the grounds between reading and pressing; then an officer reads again, not for ever.
const READINGS = 5;

// The level that the open sheet proposes.
export async function proposed(page) {
  return Number((await page.locator("label.choice", { has: page.locator("em") }).getAttribute("data-testid")).slice("level-".length));
}

// Waits until the sheet is answered; that the picture has moved meanwhile is an answer, too.
export async function becomes(page, wanted) {
  await page.locator(`[data-testid=${wanted}], [data-testid=decision-sheet] [data-testid=refusal], [data-testid=changed]`).first().waitFor();
  must(await page.getByTestId(wanted).count() > 0, "the picture has moved");
}

// Opens the sheet of the recommendation that stands on top, with level, reason and number in it; the button is open.
export async function filled(page, desk, choose = proposed) {
  for (let reading = 1; ; reading += 1) {
    if (await page.getByTestId("decision-sheet").count() === 0) {
      await desk.recommendation(page);
      await page.getByTestId("decide").click();
    }
    await page.getByTestId("approve").waitFor();
    const level = await choose(page);
    const departs = level !== await proposed(page);
    await page.getByTestId(`level-${level}`).click();
    if (departs) await page.getByTestId("reason-words").fill("巡視班の報告による");
    else await page.getByTestId("reason").first().click();
    try {
      await becomes(page, "digest");
      const areas = Number((await page.getByTestId("message-body").innerText()).match(/(\d+)地区/)?.[1]);
      await page.getByTestId("check").fill(String(areas));
      must(await page.getByTestId("approve").isEnabled(), "the button is shut with everything filled in");
      return { level, areas };
    } catch (error) {
      must(reading < READINGS, `after ${reading} readings: ${error.message}\n${await page.locator("dialog").innerText().catch(() => "")}`);
      await page.keyboard.press("Escape");
      await page.waitForTimeout(500);
    }
  }
}

// The whole first approval; gives back level, number of areas and the text that waits.
export async function approves(page, desk, choose = proposed) {
  for (let reading = 1; ; reading += 1) {
    const read = await filled(page, desk, choose);
    await page.getByTestId("approve").click();
    try {
      await becomes(page, "screen-waiting");
      return { ...read, text: textOf(page) };
    } catch (error) {
      must(reading < READINGS, `after ${reading} readings: ${error.message}\n${await page.locator("dialog").innerText().catch(() => "")}`);
      await page.keyboard.press("Escape");
    }
  }
}

// Which text a page of waiting is about.
export function textOf(page) {
  return decodeURIComponent(new URL(page.url()).hash.split("/")[2]);
}

// How an item stands.
export async function standing(page, desk, id) {
  return (await desk.api(page, "GET", `/api/v1/recommendations/${id}/detail`)).body.state.kind;
}

// Goes on with Tab until this has the focus, or something `inside` it; what has it on the way must be seen to have it.
export async function tabTo(page, testid, inside = false) {
  for (let press = 0; press < 120; press += 1) {
    const at = await page.evaluate(() => {
      const one = document.activeElement;
      const style = getComputedStyle(one);
      return { id: one.closest("[data-testid]")?.getAttribute("data-testid"), own: one.getAttribute("data-testid"), seen: one === document.body || one.localName === "main" || one.localName === "h1" || parseFloat(style.outlineWidth) >= 2 };
    });
    must(at.seen || press === 0, `focus is not visible at ${at.own ?? at.id}`);
    if ((inside ? at.id : at.own) === testid) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`${testid} is not reached in 120 presses of Tab`);
}
