// The two pictures of the README, taken from the demo: the situation at the height of the recorded flood, and the
// public page after an officer approved.
//
//   HINAN_BIN=target/debug/hinan node tests/browser/pictures.mjs
//
// HINAN_BIN       the built program; default: target/debug/hinan
// HINAN_CHROMIUM  the browser; default: /usr/bin/chromium
//
// Writes docs/images/situation.png and docs/images/public.png, smaller where pngquant is installed.

import { spawnSync } from "node:child_process";
import { mkdirSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";

import { must, within } from "./cases.mjs";
import { Demo } from "./demo.mjs";

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const IMAGES = join(ROOT, "docs/images");
// Level 4 is proposed at 22:01; the decisive gauge passes the design high water at about two in the morning.
const NIGHT = { from: "2016-08-30T22:05:00+09:00", speed: 600 };
const HEIGHT = "2016-08-31T02:10";
const DESK = { width: 1366, height: 900 };
const MOST_BYTES = 400_000;

const demo = new Demo(resolve(process.env.HINAN_BIN ?? join(ROOT, "target/debug/hinan")), NIGHT);
let browser = null;
try {
  await demo.ready();
  browser = await chromium.launch({
    executablePath: process.env.HINAN_CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
  });
  const context = await browser.newContext({ javaScriptEnabled: false, viewport: DESK, locale: "ja-JP", colorScheme: "light" });
  const page = await context.newPage();
  mkdirSync(IMAGES, { recursive: true });
  const first = await (await browser.newContext()).newPage();
  await signIn(first, "duty");
  const districts = await approveFirst(first);
  await signIn(page);
  await approveSecond(page, districts);
  await within(60, "the notice is public", async () => {
    await page.goto(`${demo.origin()}/`);
    return await page.locator("article.notice").count() > 0;
  });
  await page.setViewportSize({ width: 820, height: 900 });
  await picture(page, "public.png");
  await page.setViewportSize(DESK);
  await within(180, `the replay reaches ${HEIGHT}`, async () => {
    await page.goto(`${demo.origin()}/plain/`);
    return await page.locator(".clock time").getAttribute("datetime") >= HEIGHT;
  });
  await picture(page, "situation.png");
} finally {
  await browser?.close();
  await demo.stop();
}

async function signIn(page, who = "approver") {
  const { user, password } = demo.account(who);
  await page.goto(`${demo.origin()}/plain/signin`);
  await page.fill("#user", user);
  await page.fill("#password", password);
  await page.locator("main form button[type=submit]").click();
}

// As an officer does it: read, choose the proposed level and its first reason, count the districts, look again, approve.
async function approveFirst(page) {
  await within(120, "level 4 is proposed", async () => {
    await page.goto(`${demo.origin()}/plain/inbox`);
    return await page.locator("a.item", { hasText: "警戒レベル4" }).count() > 0;
  });
  await page.locator("a.item", { hasText: "警戒レベル4" }).first().click();
  const districts = (await page.locator(".rec-head .place").textContent()).match(/(\d+)地区/);
  must(districts, "the recommendation does not say how many districts it has");
  await page.locator(".decide a.primary").click();
  await page.locator("label.level", { has: page.locator("em.proposed") }).locator("input").check();
  await page.locator("#reason-field input").first().check();
  await page.fill("#check", districts[1]);
  await page.locator("form.answers button.primary").click();
  await page.locator("button.publish").click();
  await page.waitForURL(/\/plain\/first\//);
  return districts[1];
}

// The second person: the same choice, unseen, then the same bytes.
async function approveSecond(page, districts) {
  await page.goto(`${demo.origin()}/plain/inbox`);
  await page.locator("main a[href^='/plain/second/']").first().click();
  await page.locator('input[name=choice][value="4"]').check();
  await page.locator("input[name=check]").fill(districts);
  await page.locator("form.answers button.primary").click();
  await page.locator("button.publish").click();
}

async function picture(page, name) {
  const path = join(IMAGES, name);
  await page.screenshot({ path });
  spawnSync("pngquant", ["--force", "--skip-if-larger", "--strip", "--output", path, "128", path]);
  const bytes = statSync(path).size;
  must(bytes < MOST_BYTES, `${name} has ${bytes} bytes, more than ${MOST_BYTES}`);
  console.log(`${path}: ${bytes} bytes`);
}
