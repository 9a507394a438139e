// The pictures of the console in the documentation, made anew from the demo:
//
//   HINAN_BIN=target/debug/hinan node tests/browser/console/pictures.mjs [FOLDER] [--at 1600x900]
//
// FOLDER          where they go; default: docs/images
// --at            all of the desk's in this size, to look at them; else each in its own
// HINAN_BIN, HINAN_CHROMIUM, HINAN_CONSOLE_DIST as for run.mjs

import { mkdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";

import { IN_THE_END_S, within } from "../cases.mjs";
import { Demo } from "../demo.mjs";
import { Desk } from "./desk.mjs";
import { door } from "./door.mjs";
import { filled } from "./officers.mjs";

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "../../..");
const given = process.argv.slice(2);
const at = given.indexOf("--at");
const SIZE = at < 0 ? null : (([width, height]) => ({ width: Number(width), height: Number(height) }))(given.splice(at, 2)[1].split("x"));
const FOLDER = resolve(given[0] ?? join(ROOT, "docs/images"));
// Two hours before the river passed its danger level.
const NIGHT = { begin: "2016-08-30T15:00:00+09:00", from: "2016-08-30T23:30:00+09:00", speed: 6 };
const LAPTOP = SIZE ?? { width: 1366, height: 768 };
const DESK = SIZE ?? { width: 1600, height: 900 };

const demo = new Demo(resolve(process.env.HINAN_BIN ?? join(ROOT, "target/debug/hinan")), NIGHT);
let browser = null;
let opened = null;
try {
  mkdirSync(FOLDER, { recursive: true });
  await demo.ready();
  browser = await chromium.launch({ executablePath: process.env.HINAN_CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu", "--mute-audio"] });
  opened = process.env.HINAN_CONSOLE_DIST ? await door(resolve(process.env.HINAN_CONSOLE_DIST), demo.origin()) : null;
  const desk = new Desk(browser, demo, FOLDER, "console", opened?.origin);
  const duty = await desk.officer("duty", { viewport: LAPTOP, offline: false });
  // `what`: a page, or a part of one.
  const take = async (what, name) => {
    await duty.waitForTimeout(1_500);
    await what.screenshot({ path: join(FOLDER, `console-${name}.png`), caret: "initial" });
    console.log(`console-${name}.png`);
  };

  await desk.recommendation(duty, 300);
  await complete(duty);
  await take(duty, "situation");

  const night = await desk.officer("duty", { viewport: DESK, theme: "night", offline: false });
  await desk.recommendation(night);
  await night.getByTestId("hydrograph").first().waitFor();
  await complete(night);
  await take(night, "night");
  await night.context().close();

  const english = await desk.officer("duty", { viewport: DESK, lang: "en", offline: false });
  await desk.recommendation(english);
  await complete(english);
  await take(english, "english");
  await english.context().close();

  const { level, areas } = await filled(duty, desk);
  await take(duty, "sheet");
  await duty.getByTestId("approve").click();
  await duty.getByTestId("screen-waiting").waitFor();

  const approver = await desk.officer("approver", { viewport: LAPTOP, offline: false });
  await within(IN_THE_END_S, "the waiting item", async () => await approver.getByTestId("waiting-item").count() > 0);
  await approver.getByTestId("waiting-item").first().click();
  await approver.getByTestId("check").fill(String(areas));
  await take(approver, "second");
  await approver.getByTestId(`choice-${level}`).click();
  await approver.getByTestId("second-approve").click();
  await approver.getByTestId("screen-notice").waitFor();
  await desk.open(approver, "published");
  await approver.getByTestId("notice-row").first().waitFor();
  await within(IN_THE_END_S, "every way out has it", async () => await approver.getByTestId("cell").count() > 0 && await approver.locator("[data-testid=cell]:not([data-state=accepted]):not([data-state=not_owed])").count() === 0);
  await take(approver, "published");

  await desk.open(approver, "situation");
  await approver.getByTestId("screen-situation").waitFor();
  for (const [name, viewport] of [["wall", { width: 1920, height: 1080 }]]) {
    const wall = await approver.context().newPage();
    await wall.setViewportSize(viewport);
    await wall.goto(`${desk.origin()}/wall/`);
    await complete(wall);
    await take(wall, name);
    await wall.close();
  }

  const { body } = await desk.api(approver, "GET", "/api/v1/inbox");
  const paper = await approver.context().newPage();
  await paper.goto(`${desk.origin()}/console/#/print/${encodeURIComponent(body.items[0].id)}`);
  await paper.locator("[data-testid=briefing][data-ready=true]").waitFor();
  await paper.emulateMedia({ media: "print" });
  await paper.setViewportSize({ width: 1123, height: 794 });
  await take(paper.getByTestId("briefing"), "print");
  await paper.close();

  await draft(duty, desk);
  await take(duty, "draft");

  await desk.recommendation(duty);
  await duty.getByTestId("hydrograph").first().waitFor();
  await complete(duty);
  demo.pause();
  await duty.getByTestId("stale-bar").waitFor();
  await take(duty, "stale");
} finally {
  opened?.shut();
  demo.resume();
  await browser?.close();
  await demo.stop();
}

async function complete(page) {
  await page.locator("[data-testid=map][data-complete=true]").first().waitFor();
}

// A notice that no recommendation asked for, filled in as far as it goes.
async function draft(page, desk) {
  await desk.open(page, "draft");
  await page.getByTestId("draft-cause").selectOption({ index: 1 });
  await page.getByTestId("draft-level-4").click();
  await page.getByTestId("draft-way-leave").click();
  for (const place of [2, 3, 7]) await page.getByTestId("area").nth(place).click();
  await page.getByTestId("draft-words").fill("巡視班から堤防の亀裂の報告があった");
  await page.getByTestId("recount-people").waitFor();
  await complete(page);
}
