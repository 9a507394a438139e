// Two persons who differ, two at once, one who is alone, and one without a mouse.

import { IN_THE_END_S, must, within } from "../cases.mjs";
import { says } from "./desk.mjs";
import { approves, filled, tabTo } from "./officers.mjs";

// The shortest wait that a town may set before one may issue alone.
const LONE_AFTER_MIN = 1;

// Mostly waits: may run beside others.
export const patient = true;
// Nothing here depends on how the map is drawn.
export const modes = ["without WebGL"];
// An hour of the event takes seven minutes: what is read is still so when it is approved, on a slow machine too.
export const night = { speed: 8, config: `approve.lone_after_min = ${LONE_AFTER_MIN}\n` };

export async function stories(demo, desk) {
  const seen = {};
  return [
    ["In the same second", [
      ["two officers have the same sheet filled in", async () => {
        seen.duty = await desk.officer("duty", { offline: false });
        seen.approver = await desk.officer("approver", { offline: false });
        seen.first = await filled(seen.duty, desk);
        seen.id = await seen.duty.getByTestId("recommendation").getAttribute("data-id");
        await desk.open(seen.approver, `recommendations/${seen.id}`);
        await seen.approver.locator(`[data-testid=recommendation][data-id="${seen.id}"]`).waitFor();
        await seen.approver.locator("[data-testid=decide]:enabled").click();
        await filled(seen.approver, desk);
      }],
      ["[27] both press at once: exactly one is stored, and the other reads who it was", async () => {
        await Promise.all([seen.duty, seen.approver].map((page) => page.getByTestId("approve").click()));
        await within(IN_THE_END_S, "one of them waits for a second person", async () => (await waitingPages(seen)).length > 0);
        await seen.duty.waitForTimeout(1_500);
        const winners = await waitingPages(seen);
        must(winners.length === 1, `${winners.length} of the two are told that theirs is stored`);
        seen.loser = winners[0] === seen.duty ? seen.approver : seen.duty;
        seen.winner = winners[0];
        const { body } = await desk.api(seen.duty, "GET", "/api/v1/inbox");
        must(body.waiting.filter((one) => one.recommendation === seen.id).length === 1, `${body.waiting.length} texts wait`);
        const name = (await seen.winner.getByTestId("who").innerText()).split(" ")[0].split("・")[0];
        await within(IN_THE_END_S, "the sentence that names the other", async () => (await seen.loser.getByTestId("decision-sheet").innerText()).includes(name));
        await desk.picture(seen.loser, "too-late");
      }],
      ["[27] the text of who came second is still on their sheet", async () => {
        must(await seen.loser.getByTestId("message-body").isVisible(), "the text is gone");
        must(await seen.loser.getByTestId("approve").isDisabled(), "it can be approved a second time");
        await seen.loser.keyboard.press("Escape");
        await seen.winner.getByTestId("withdraw").click();
        await seen.winner.getByTestId("screen-situation").waitFor();
      }],
    ]],

    ["While one waits", [
      ["[25] a change of the grounds is named without a reload and nothing is promised any more", async () => {
        const first = await approves(seen.duty, desk);
        must(await seen.duty.getByTestId("changed").count() === 0, "a change is named where there is none");
        // The server's next answers say that the text cannot be approved any more, as after a new evaluation that matters.
        const asked = `**/api/v1/texts/${first.text}?auto=1`;
        await seen.duty.route(asked, async (route) => {
          const answer = await route.fetch();
          if (answer.status() !== 200) return route.fulfill({ response: answer });
          const why_stale = { ja: "推奨の内容が変わりました", en: "The recommendation has changed" };
          return route.fulfill({ response: answer, json: { ...(await answer.json()), why_stale } });
        });
        await within(60, "the bar that names the change", async () => await seen.duty.getByTestId("changed").count() > 0);
        must((await seen.duty.getByTestId("changed").innerText()).includes("推奨の内容が変わりました"), "the reason is not told");
        await desk.picture(seen.duty, "waiting-changed");
        await desk.axe(seen.duty, "the page of waiting with a change");
        await seen.duty.unroute(asked);
        await seen.duty.getByTestId("changed").waitFor({ state: "detached", timeout: 60_000 });
        await seen.duty.getByTestId("withdraw").click();
        await seen.duty.getByTestId("screen-situation").waitFor();
      }],
    ]],

    ["Two who differ", [
      ["[24] the second chooses another level: both are shown the difference, and nothing is sent", async () => {
        const first = await approves(seen.duty, desk);
        const other = first.level === 3 ? 4 : 3;
        await desk.open(seen.approver, `second/${first.text}`);
        await seen.approver.getByTestId("second-choices").waitFor();
        await seen.approver.getByTestId("check").fill(String(first.areas));
        await seen.approver.getByTestId(`choice-${other}`).click();
        await seen.approver.getByTestId("second-differs").waitFor();
        const table = await seen.approver.getByTestId("second-differs").locator("tbody").innerText();
        must(table.includes(String(first.level)) && table.includes(String(other)), `the table says:\n${table}`);
        await desk.picture(seen.approver, "differs");
        await desk.axe(seen.approver, "the page of two who differ");
        await seen.duty.getByTestId("waiting-over").waitFor();
        const { body } = await desk.api(seen.duty, "GET", "/api/v1/notices");
        must(body.rows.length === 0, "a notice was published");
        must(!(await (await fetch(`${demo.origin()}/`)).text()).includes("<article"), "the public page shows one");
      }],
      ["[24] the item is open again for both", async () => {
        await desk.recommendation(seen.duty);
        await desk.recommendation(seen.approver);
      }],
    ]],

    ["Alone", [
      [`[28] before ${LONE_AFTER_MIN} minute nobody may issue alone, and the page says when`, async () => {
        seen.text = await approves(seen.approver, desk);
        seen.since = performance.now();
        must(await seen.approver.getByTestId("alone").count() === 0, "it is offered at once");
        must(/\d/.test(await seen.approver.getByTestId("not-alone-yet").innerText()), "no time is named");
      }],
      ["[28] after it the first may, on a page that names who is missing and how long was waited", async () => {
        await seen.approver.getByTestId("alone").waitFor({ timeout: (LONE_AFTER_MIN * 60 + 20) * 1_000 });
        const waited = (performance.now() - seen.since) / 1_000;
        must(waited >= LONE_AFTER_MIN * 60 - 1, `it was offered after ${Math.round(waited)} s`);
        await seen.approver.getByTestId("alone").click();
        const whole = seen.approver.getByTestId("alone-page");
        await whole.waitFor();
        must(/\d+分|\d+秒/.test(await whole.innerText()), "no time waited");
        must(await whole.getByTestId("alone-issue").isDisabled(), "it is open without the number");
        await desk.picture(seen.approver, "alone");
        await desk.axe(seen.approver, "the page of a lone issue");
        await whole.getByTestId("check").fill(String(seen.text.areas));
        await whole.getByTestId("alone-issue").click();
        await seen.approver.getByTestId("screen-notice").waitFor();
      }],
      ["[28] every console is alarmed, and the record is flagged", async () => {
        await within(IN_THE_END_S, "an alarm that says so", async () => {
          const { body } = await desk.api(seen.duty, "GET", "/api/v1/alarms");
          return body.alarms.some((alarm) => /単独/.test(alarm.text.ja));
        });
        const { body } = await desk.api(seen.approver, "GET", "/api/v1/audit?limit=200");
        must(body.entries.some((entry) => /alone|単独/.test(`${entry.action} ${entry.text}`)), "no entry says that it was issued alone");
      }],
    ]],

    ["Without a mouse", [
      ["[59] from the door to the second approval by keyboard alone, focus visible on the way", async () => {
        const first = await approves(seen.duty, desk);
        const page = await desk.visitor({ offline: false });
        const account = demo.account("approver");
        await page.locator("#user").waitFor();
        await page.keyboard.type(account.user);
        await page.keyboard.press("Tab");
        await page.keyboard.type(account.password);
        await page.keyboard.press("Enter");
        await page.getByTestId("shell").waitFor();
        await page.getByTestId("waiting-item").first().waitFor();
        await tabTo(page, "waiting-item");
        await page.keyboard.press("Enter");
        await page.getByTestId("second-choices").waitFor();
        await tabTo(page, "check");
        await page.keyboard.type(String(first.areas));
        await tabTo(page, `choice-${first.level}`);
        await page.keyboard.press("Enter");
        must(await page.getByTestId("second-agrees").count() === 0, "Enter chose");
        await page.keyboard.press("Space");
        await page.getByTestId("second-agrees").waitFor();
        await tabTo(page, "second-approve");
        await page.keyboard.press("Enter");
        await page.waitForTimeout(400);
        must(await page.getByTestId("screen-notice").count() === 0, "Enter published");
        await page.keyboard.press("Space");
        await page.getByTestId("screen-notice").waitFor();
        await says(page, "避難");
      }],
    ]],
  ];
}

// Those of the two who were told that theirs waits for a second person.
async function waitingPages({ duty, approver }) {
  const waiting = await Promise.all([duty, approver].map((page) => page.getByTestId("screen-waiting").count()));
  return [duty, approver].filter((_, index) => waiting[index] > 0);
}
