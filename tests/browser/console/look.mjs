// What an officer sees, how soon, in which language, and by keyboard alone.

import { IN_THE_END_S, must, within } from "../cases.mjs";
import { says } from "./desk.mjs";

const USABLE_MS = 1_500;
// With less, names of marks and the fan run into each other.
const CHART_LEAST_PX = 150;
const JAPANESE = /[\u3040-\u30ff\u3400-\u9fff]/;
const SCREENS = ["situation", "published", "timeline", "gauges", "shelters", "handover", "audit", "admin"];

// The last calm hour of the day: the first recommendation of the whole event, for the Satsunai, comes with the readings of two o'clock in
// the afternoon, after two minutes and a half: long enough to look at the calm screen on a slow machine.
export const night = { begin: "2016-08-30T12:20:00+09:00", from: "2016-08-30T12:21:00+09:00", speed: 40 };

export async function stories(demo, desk) {
  const seen = {};
  return [
    ["The door", [
      ["[58] the door says what it is, and axe finds nothing", async () => {
        const page = await desk.visitor();
        await says(page, "サインイン");
        await desk.axe(page, "the door");
        await page.context().close();
      }],
      ["a wrong password is refused in words", async () => {
        const page = await desk.visitor();
        await page.locator("#user").fill("duty");
        await page.locator("#password").fill("wrong");
        await page.locator("button[type=submit]").click();
        await page.getByTestId("refusal").waitFor();
        await says(page, "違います");
        await page.context().close();
      }],
    ]],
    ["The situation", [
      ["[58] with nothing to decide the inbox says so, with the time", async () => {
        seen.duty = await desk.officer("duty");
        await seen.duty.getByTestId("screen-situation").waitFor();
        must(/\d{2}:\d{2}/.test(await seen.duty.getByTestId("inbox-empty").innerText()), "no time");
        await desk.axe(seen.duty, "the calm situation");
      }],
      ["[6] a new recommendation appears on three consoles, at the top, within a second of each other", async () => {
        seen.others = [await desk.officer("approver"), await desk.officer("approver")];
        const pages = [seen.duty, ...seen.others];
        // Each console notes for itself when it first shows one.
        for (const page of pages) {
          await desk.open(page, "situation");
          await page.evaluate(() => {
            const look = () => {
              const item = document.querySelector("[data-testid=inbox] [data-testid=inbox-item]");
              if (item) window.firstSeen ??= { at: performance.timeOrigin + performance.now(), id: item.getAttribute("data-id") };
              else requestAnimationFrame(look);
            };
            look();
          });
        }
        await within(400, "a recommendation on all three", async () => {
          const all = await Promise.all(pages.map((page) => page.evaluate(() => window.firstSeen ?? null)));
          seen.first = all;
          return all.every(Boolean);
        });
        must(new Set(seen.first.map((one) => one.id)).size === 1, "they show different ones on top");
        const moments = seen.first.map((one) => one.at);
        const apart = Math.max(...moments) - Math.min(...moments);
        desk.says(`${Math.round(apart)} ms between the first and the last console`);
        must(apart < 1_000, `they are ${Math.round(apart)} ms apart`);
      }],
    ]],
    ["What is in sight", [
      ["[1] at 1366x768 title, probability, time, people, chart, both grounds and the decision bar are in sight without scrolling", async () => {
        await desk.recommendation(seen.duty);
        await seen.duty.getByTestId("hydrograph").first().waitFor();
        await desk.picture(seen.duty, "situation");
        for (const bar of ["drill-bar", "alarm-bar"]) must(await seen.duty.getByTestId(bar).count() === 1, `${bar} does not stand above them`);
        await inSight(seen.duty, desk);
        must(/\d+%|計算できません/.test(await seen.duty.getByTestId("fact-chance").innerText()), "no probability, nor the word that there is none");
        must(/\d{1,2}:\d{2}|計算できません/.test(await seen.duty.getByTestId("fact-time").innerText()), "no clock time");
      }],
      ["no probability stands without its range and its time", async () => {
        const fact = await seen.duty.getByTestId("fact-chance").innerText();
        if (/\d+%/.test(fact)) must(/幅/.test(fact) && /時間以内/.test(fact), fact);
      }],
    ]],
    // Promises of time stand alone: on a slow machine what follows is still looked at.
    ["How soon", [
      ["[2] a reload has the inbox usable within 1.5 s", async () => {
        await desk.open(seen.duty, "situation");
        const times = [];
        for (let turn = 0; turn < 3; turn += 1) {
          await seen.duty.reload({ waitUntil: "commit" });
          await seen.duty.getByTestId("inbox-item").first().waitFor();
          times.push(await seen.duty.evaluate(() => performance.now()));
        }
        const best = Math.min(...times);
        desk.says(`inbox usable after ${times.map(Math.round).join(", ")} ms`);
        must(best < USABLE_MS, `the best of three is ${Math.round(best)} ms`);
      }],
    ]],
    ["The situation in use", [
      ["[58] axe finds nothing on the situation by day and by night", async () => {
        await seen.duty.getByTestId("recommendation").waitFor();
        await says(seen.duty, "反対の根拠");
        await desk.axe(seen.duty, "the situation by day");
        await seen.duty.getByTestId("theme").click();
        await desk.picture(seen.duty, "night");
        await desk.axe(seen.duty, "the situation by night");
        await seen.duty.getByTestId("theme").click();
      }],
      ["[39] title, bar and frame say 訓練", async () => {
        must((await seen.duty.title()).startsWith("【訓練】"), await seen.duty.title());
        must((await seen.duty.getByTestId("drill-bar").innerText()).match(/訓練/g).length >= 3, "not at both ends");
        must(/訓練/.test(await seen.duty.getByTestId("realm").innerText()), "the status bar");
      }],
      ["the name in the bar leads to the account and its passkeys", async () => {
        await seen.duty.getByTestId("account").click();
        await seen.duty.getByTestId("account-dialog").waitFor();
        await desk.axe(seen.duty, "the account");
        const address = await seen.duty.getByTestId("account-passkeys").getAttribute("href");
        const page = await desk.api(seen.duty, "GET", address);
        must(page.status === 200 && /パスキー/.test(page.body) && page.body.includes(`id="${address.split("#")[1]}"`), `${address} has no place for passkeys`);
        await seen.duty.keyboard.press("Escape");
        await seen.duty.getByTestId("account-dialog").waitFor({ state: "detached" });
      }],
      ["[54] the sound is armed by signing in, and says so in words", async () => {
        must(await seen.duty.getByTestId("sound").isVisible(), "nothing says how the sound is");
        const fresh = await desk.officer("duty", { offline: false });
        await within(IN_THE_END_S, "the sound is on", async () => await fresh.getByTestId("sound").getAttribute("data-state") === "on");
        await fresh.reload();
        await fresh.getByTestId("sound").waitFor();
        // Without a press of a person a browser plays nothing; then the bar must say so.
        const state = await fresh.getByTestId("sound").getAttribute("data-state");
        must((state === "off") === /切/.test(await fresh.getByTestId("sound").innerText()), "the words are not the state");
        await fresh.context().close();
      }],
      ["[54] acknowledging on one console takes the alarm from all within seconds", async () => {
        const bar = seen.duty.getByTestId("alarm-bar");
        if (await bar.count() > 0) {
          const text = await bar.innerText();
          const acknowledge = seen.duty.getByTestId("alarm-acknowledge");
          await acknowledge.click();
          for (const page of [seen.duty, ...seen.others]) {
            await within(IN_THE_END_S, "the alarm is gone from every console", async () => await page.getByTestId("alarm-bar").count() === 0 || await page.getByTestId("alarm-bar").innerText() !== text);
          }
        } else throw new Error("no alarm was up after a new recommendation");
      }],
    ]],

    ["All screens", [
      ...SCREENS.map((screen) => [`[58] ${screen}: it has its heading, and axe finds nothing by day and by night`, async () => {
        await desk.open(seen.duty, screen);
        await seen.duty.getByTestId(`screen-${screen}`).waitFor();
        must((await seen.duty.locator("main h1").first().innerText()).trim() !== "", "no heading");
        must(!(await seen.duty.locator("main").innerText()).includes("[object"), "something is shown that is no text");
        await within(IN_THE_END_S, "something on the screen", async () => (await seen.duty.locator("main").innerText()).length > 60);
        await desk.picture(seen.duty, `screen-${screen}`);
        await desk.axe(seen.duty, screen);
        await seen.duty.getByTestId("theme").click();
        await desk.axe(seen.duty, `${screen} by night`);
        await seen.duty.getByTestId("theme").click();
      }]),
      ["[60] what can be pressed is at least 24 px, what decides at least 44 px", async () => {
        await desk.recommendation(seen.duty);
        const small = await seen.duty.locator("button:visible, a.button:visible, input:visible, select:visible, a.pill:visible").evaluateAll((all) => all
          .map((one) => ({ what: `${one.localName} ${one.textContent.trim().slice(0, 20)}`, box: one.getBoundingClientRect() }))
          .filter(({ box }) => box.width < 24 || box.height < 24)
          .map(({ what, box }) => `${what}: ${Math.round(box.width)}x${Math.round(box.height)}`));
        must(small.length === 0, small.join("\n"));
        for (const name of ["decide", "decline", "defer"]) {
          const box = await seen.duty.getByTestId(name).boundingBox();
          must(box.width >= 44 && box.height >= 44, `${name} is ${box.width}x${box.height}`);
        }
      }],
    ]],

    ["English", [
      ["[63] the interface has no Japanese except what is marked as such, and names", async () => {
        const page = await desk.officer("duty", { lang: "en", offline: false });
        await desk.recommendation(page);
        await page.getByTestId("hydrograph").first().waitFor();
        await inSight(page, desk);
        const grounds = await page.locator("[data-testid=evidence-line] > span, [data-testid=counter-evidence-line] > span, [data-testid=track-record] b").evaluateAll((all) => all.map((one) => ({ lang: one.lang, text: one.textContent })));
        must(grounds.length >= 3, `only ${grounds.length} grounds`);
        for (const { lang, text } of grounds) must(lang === "en" && !JAPANESE.test(text), `${lang}: ${text}`);
        const changes = await page.locator("[data-testid=would-change] > span").evaluateAll((all) => all.map((one) => ({ lang: one.lang, text: one.textContent })));
        must(changes.length >= 1, "nothing is said of what would change it");
        for (const { lang, text } of changes) must(lang === "en" && !JAPANESE.test(text), `${lang}: ${text}`);
        // A facility without an English name keeps the one that the town has written down.
        const { body: plan } = await desk.api(page, "GET", "/api/v1/facilities");
        const named = plan.facilities.filter((one) => !one.name_en).map((one) => one.name);
        const found = [];
        for (const screen of ["situation", "published", "handover", "audit", "admin"]) {
          await desk.open(page, screen);
          await page.getByTestId(`screen-${screen}`).waitFor();
          await page.waitForTimeout(500);
          found.push(...await page.evaluate(([screen, named]) => {
            const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
            const all = [];
            // Identifiers of the record keep their script, where they stand and where a sentence repeats them.
            const kept = [...named, ...[...document.querySelectorAll("code")].map((one) => one.textContent.trim()).filter(Boolean)];
            for (let node = walker.nextNode(); node; node = walker.nextNode()) {
              const text = kept.reduce((text, name) => text.replaceAll(name, ""), node.textContent).trim();
              if (!/[\u3040-\u30ff\u3400-\u9fff]/.test(text)) continue;
              const element = node.parentElement;
              // Names of places and people, and texts marked as Japanese, keep their script.
              if (element.closest("noscript, code, [lang=ja]:not(html)") || element.closest("[data-name], svg, canvas, .ol-viewport")) continue;
              all.push(`${screen}: <${element.localName} class="${element.className}"> ${text.slice(0, 60)}`);
            }
            return all;
          }, [screen, named]));
        }
        await desk.picture(page, "english");
        must(found.length === 0, found.join("\n"));
        must(!JAPANESE.test(await page.getByTestId("nav").innerText()), "the ways about");
        // The settings are still open: names and states of the ways out are words of the console.
        const ways = await page.getByTestId("channel").evaluateAll((all) => all.flatMap((one) => [...one.children].map((part) => ({ lang: part.lang, text: part.textContent }))));
        must(ways.length >= 4, `${ways.length} words about ways out`);
        for (const { lang, text } of ways) must(lang === "en" && !JAPANESE.test(text), `${lang}: ${text}`);
        await desk.open(page, "timeline");
        await page.getByTestId("entry-text").first().waitFor();
        const entries = await page.getByTestId("entry-text").evaluateAll((all) => all.map((one) => ({ lang: one.lang, text: one.textContent, kind: one.closest("tr").dataset.kind })));
        const english = entries.filter(({ lang }) => lang === "en");
        must(english.length >= 3 && english.length >= entries.length * 0.9, `${english.length} of ${entries.length} entries are English: ${JSON.stringify(entries.filter(({ lang }) => lang !== "en").slice(0, 5))}`);
        await page.context().close();
      }],
    ]],

    ["By keyboard", [
      ["[59] from the door to the open sheet without a mouse, focus always visible", async () => {
        const page = await desk.visitor({ offline: false });
        const account = demo.account("duty");
        await page.locator("#user").waitFor();
        await page.keyboard.type(account.user);
        await page.keyboard.press("Tab");
        await page.keyboard.type(account.password);
        await page.keyboard.press("Enter");
        await page.getByTestId("shell").waitFor();
        await page.getByTestId("recommendation").waitFor();
        for (let press = 0; press < 12; press += 1) {
          await page.keyboard.press("Tab");
          const visible = await page.evaluate(() => {
            const style = getComputedStyle(document.activeElement);
            return document.activeElement === document.body || parseFloat(style.outlineWidth) >= 2;
          });
          must(visible, `focus is not visible after ${press + 1} presses of Tab`);
        }
        await page.evaluate(() => document.activeElement.blur());
        await page.keyboard.press("j");
        // The next one is there when its number is that of the address.
        await within(IN_THE_END_S, "the next recommendation", async () => {
          const id = decodeURIComponent(new URL(page.url()).hash.split("/")[2] ?? "");
          return id !== "" && await page.getByTestId("recommendation").getAttribute("data-id") === id;
        });
        await page.locator("[data-testid=decide]:enabled").waitFor();
        await page.keyboard.press("a");
        await page.getByTestId("decision-sheet").waitFor();
        await page.keyboard.press("Escape");
        await page.keyboard.press("g");
        await page.keyboard.press("p");
        await page.getByTestId("screen-published").waitFor();
        await page.keyboard.press("?");
        await page.getByTestId("help-dialog").waitFor();
        await desk.axe(page, "the help");
        await page.context().close();
      }],
    ]],
  ];
}

// What one decides on, without scrolling: everything above the bar of decisions, and a chart that can be read.
async function inSight(page, desk) {
  const out = [];
  for (const name of ["recommendation-title", "fact-chance", "fact-time", "fact-people", "recommendation-chart", "evidence-line", "counter-evidence", "decision-bar"]) {
    const box = await page.getByTestId(name).first().boundingBox();
    // Of lists as long as the grounds the beginning must be in sight.
    const bottom = box && (name === "counter-evidence" || name === "evidence-line" ? box.y + Math.min(box.height, 50) : box.y + box.height);
    const bar = await page.getByTestId("decision-bar").boundingBox();
    const floor = name === "decision-bar" ? 768 : bar.y;
    if (!box || box.y < 0 || bottom > floor + 1) out.push(`${name}: ${JSON.stringify(box)} above ${floor}`);
  }
  must(out.length === 0, out.join("\n"));
  const { height } = await page.getByTestId("hydrograph-svg").first().boundingBox();
  desk.says(`the chart is ${Math.round(height)} px high`);
  must(height >= CHART_LEAST_PX, `the chart is ${height} px high`);
}
