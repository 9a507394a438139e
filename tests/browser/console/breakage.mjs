// What the console does when the server, the line or its own clock fails.

import { IN_THE_END_S, must, within } from "../cases.mjs";
import { says } from "./desk.mjs";

// Mostly waits: may run beside others.
export const patient = true;
// Nothing here depends on how the map is drawn.
export const modes = ["without WebGL"];

export async function stories(demo, desk) {
  const seen = {};
  // The browser tells of each request that finds no server; here that is what is meant to happen.
  desk.expected.push(/ERR_|Failed to fetch|net::|Failed to load resource/);
  return [
    ["The line", [
      ["a duty officer has the sheet of a recommendation open", async () => {
        seen.duty = await desk.officer("duty");
        await desk.recommendation(seen.duty);
        await within(IN_THE_END_S, "the pill 'connected'", async () => await seen.duty.getByTestId("connection").getAttribute("data-state") === "live");
        await seen.duty.getByTestId("decide").click();
        await seen.duty.getByTestId("approve").waitFor();
      }],
      ["[26] a server that is silent for 16 s locks the decision", async () => {
        demo.pause();
        await within(20, "the lock on the sheet", async () => await seen.duty.getByTestId("sheet-locked").count() > 0);
        must(await seen.duty.getByTestId("approve").isDisabled(), "the button is open");
      }],
      ["[44] within 15 s of silence the stale bar says of when the picture is, and times left are crossed out", async () => {
        await seen.duty.getByTestId("decision-sheet").getByTestId("close").click();
        await seen.duty.getByTestId("stale-bar").waitFor();
        must(/\d{2}:\d{2}:\d{2}/.test(await seen.duty.getByTestId("stale-bar").innerText()), "no time in the bar");
        const crossed = await seen.duty.locator(".time-left").evaluateAll((all) => all.every((one) => getComputedStyle(one).textDecorationLine === "line-through"));
        must(crossed, "a time left is not crossed out");
        for (const name of ["decide", "decline", "defer"]) must(await seen.duty.getByTestId(name).isDisabled(), `'${name}' is open`);
        await desk.picture(seen.duty, "stale");
        await desk.axe(seen.duty, "the stale console");
      }],
      ["[46] when it is back the bar goes, and what was missed is told once each, in order", async () => {
        await seen.duty.evaluate(() => {
          window.heard = [];
          window.testChannel = new BroadcastChannel("hinan-stream");
          window.testChannel.onmessage = ({ data }) => data.heard?.id && !["status", "gap"].includes(data.heard.event) && window.heard.push(data.heard.id);
        });
        await seen.duty.waitForTimeout(20_000);
        demo.resume();
        await within(IN_THE_END_S, "the bar is gone", async () => await seen.duty.getByTestId("stale-bar").count() === 0);
        await within(90, "the stream is read again", async () => await seen.duty.evaluate(() => window.heard.length) > 0);
        await seen.duty.waitForTimeout(3_000);
        const ids = await seen.duty.evaluate(() => window.heard);
        must(ids.length > 0, "nothing was replayed");
        must(new Set(ids).size === ids.length, "an event was told twice");
        const numbers = ids.map((id) => Number(id.split("-").at(-1)));
        must(numbers.every((number, index) => index === 0 || number > numbers[index - 1]), `out of order: ${numbers.slice(0, 20)}`);
        must(await seen.duty.getByTestId("decide").isEnabled(), "the decision stays locked");
      }],
    ]],

    ["The clock of this machine", [
      ["[51] ten minutes off changes no age and is named", async () => {
        const page = await desk.visitor({ offline: false });
        await page.addInitScript(() => {
          const wrong = 600_000;
          const RealDate = Date;
          globalThis.Date = class extends RealDate {
            constructor(...given) {
              if (given.length === 0) super(RealDate.now() + wrong);
              else super(...given);
            }
            static now() {
              return RealDate.now() + wrong;
            }
          };
        });
        await page.reload();
        await desk.signIn(page, "duty");
        await page.getByTestId("skew").waitFor();
        must(/10分/.test(await page.getByTestId("skew").innerText()), await page.getByTestId("skew").innerText());
        const right = await seen.duty.getByTestId("clock").innerText();
        const wrong = await page.getByTestId("clock").innerText();
        const seconds = (text) => text.match(/(\d+):(\d+):(\d+)/).slice(1).reduce((sum, part) => sum * 60 + Number(part), 0);
        must(Math.abs(seconds(right) - seconds(wrong)) < 60, `one console shows ${right}, the other ${wrong}`);
        await page.context().close();
      }],
    ]],

    ["A proxy that holds the stream back", [
      ["[52] polling takes over within ten seconds", async () => {
        const page = await desk.visitor({ offline: false });
        await page.route("**/api/v1/events*", () => new Promise(() => {}));
        await desk.signIn(page, "duty");
        await within(12, "the pill says that it polls", async () => await page.getByTestId("connection").getAttribute("data-state") === "polling");
        const before = await page.getByTestId("clock").innerText();
        await page.waitForTimeout(6_000);
        must(await page.getByTestId("connection").getAttribute("data-state") === "polling", "it is not polling any more");
        must(before !== await page.getByTestId("clock").innerText(), "the clock stands still");
        await page.unroute("**/api/v1/events*");
        await page.context().close();
      }],
    ]],

    ["The end of a session", [
      ["[69] a session that ended asks to sign in again over the open sheet, and the text stays", async () => {
        await desk.recommendation(seen.duty);
        await seen.duty.getByTestId("decide").click();
        await seen.duty.getByTestId("reason-own").click();
        await seen.duty.getByTestId("reason-words").fill("巡視班から越水の報告があった");
        await seen.duty.evaluate(async () => {
          const session = await (await fetch("/api/v1/session")).json();
          await fetch("/api/v1/session", { method: "DELETE", headers: { "X-CSRF-Token": session.csrf } });
        });
        await within(45, "the door over the sheet", async () => await seen.duty.getByTestId("sign-in").count() > 0);
        await says(seen.duty, "入力中の内容はそのまま残っています");
        await desk.picture(seen.duty, "signed-out");
        await desk.signIn(seen.duty, "duty");
        await seen.duty.getByTestId("sign-in").waitFor({ state: "detached" });
        must(await seen.duty.getByTestId("reason-words").inputValue() === "巡視班から越水の報告があった", "the text is lost");
        await seen.duty.keyboard.press("Escape");
      }],
    ]],

    ["The server is gone", [
      ["[45] a reload shows the last picture under the stale bar", async () => {
        await desk.recommendation(seen.duty);
        await seen.duty.evaluate(async () => (await navigator.serviceWorker.ready).active?.state);
        // The first load came before the worker; the second goes through it.
        await seen.duty.reload();
        await seen.duty.getByTestId("recommendation").waitFor();
        await seen.duty.waitForTimeout(2_000);
        await demo.stop();
        await seen.duty.reload();
        await seen.duty.getByTestId("stale-bar").waitFor({ timeout: 30_000 });
        await within(IN_THE_END_S, "the inbox of before", async () => await seen.duty.getByTestId("inbox-item").count() > 0);
        must(await seen.duty.locator("[data-testid=decide]:enabled").count() === 0, "a decision is open");
        await says(seen.duty, "紙の手順");
        await desk.picture(seen.duty, "gone");
      }],
    ]],
  ];
}
