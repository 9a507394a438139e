// What is over a limit: a text too long for a channel, a desk left alone, an origin without TLS.

import { IN_THE_END_S, must, within } from "../cases.mjs";
import { says } from "./desk.mjs";
import { proposed } from "./officers.mjs";

// The shortest that a town may set.
const IDLE_MIN = 1;
const BODY_MAX = 30;

// Mostly waits: may run beside others.
export const patient = true;
// Nothing here depends on how the map is drawn.
export const modes = ["without WebGL"];
export const night = {
  config: `
web.idle_max_min = ${IDLE_MIN}
[publish.area_mail]
dir = "."
realm = "exercise"
body_max = ${BODY_MAX}
`,
};

export async function stories(demo, desk) {
  const seen = {};
  return [
    ["A desk left alone", [
      ["[69] before the session ends the console warns, and offers to stay", async () => {
        seen.duty = await desk.officer("duty", { offline: false });
        await desk.recommendation(seen.duty);
        await seen.duty.getByTestId("idle-bar").waitFor();
        await seen.duty.getByTestId("idle-bar").getByRole("button").click();
        await desk.recommendation(seen.duty);
        await seen.duty.getByTestId("decide").click();
        await seen.duty.getByTestId("reason-own").click();
        await seen.duty.getByTestId("reason-words").fill("巡視班から越水の報告があった");
        seen.left = performance.now();
      }],
      [`[69] after ${IDLE_MIN} minute without a press it ends by itself, and the words on the sheet stay`, async () => {
        await within(IDLE_MIN * 60 + 60, "the door over the sheet", async () => await seen.duty.getByTestId("sign-in").count() > 0);
        const after = (performance.now() - seen.left) / 1_000;
        must(after > IDLE_MIN * 60 - 15, `it ended after ${Math.round(after)} s`);
        await says(seen.duty, "入力中の内容はそのまま残っています");
        await desk.signIn(seen.duty, "duty");
        await seen.duty.getByTestId("sign-in").waitFor({ state: "detached" });
        must(await seen.duty.getByTestId("reason-words").inputValue() === "巡視班から越水の報告があった", "the words are lost");
        await seen.duty.keyboard.press("Escape");
      }],
    ]],

    ["A text too long for a channel", [
      [`[37] a body of more than ${BODY_MAX} characters says by how many, and cannot be approved`, async () => {
        await desk.recommendation(seen.duty);
        await seen.duty.getByTestId("decide").click();
        await seen.duty.getByTestId("approve").waitFor();
        await seen.duty.getByTestId(`level-${await proposed(seen.duty)}`).click();
        await seen.duty.getByTestId("reason").first().click();
        await seen.duty.getByTestId("over-limit").first().waitFor();
        const words = await seen.duty.getByTestId("over-limit").first().innerText();
        const over = Number(words.match(/(\d+)/)?.[1]);
        must(over > 0, `no number in '${words}'`);
        const areas = Number((await seen.duty.getByTestId("message-body").innerText()).match(/(\d+)地区/)?.[1]);
        await seen.duty.getByTestId("check").fill(String(areas));
        await seen.duty.waitForTimeout(500);
        must(await seen.duty.getByTestId("approve").isDisabled(), "the button is open");
        await desk.picture(seen.duty, "too-long");
        await desk.axe(seen.duty, "a sheet with a text over a limit");
      }],
      ["[37] asked directly, the server refuses the same", async () => {
        const id = await seen.duty.getByTestId("recommendation").getAttribute("data-id");
        const { body: sheet } = await desk.api(seen.duty, "GET", `/api/v1/recommendations/${id}/sheet`);
        const made = await desk.api(seen.duty, "POST", `/api/v1/recommendations/${id}/text`, { level: sheet.level_proposed, substance: sheet.substance, reason: { code: sheet.reasons[0].code } });
        if (made.status !== 201) return void must(made.status >= 400, `making the text answers ${made.status}`);
        const answer = await desk.api(seen.duty, "POST", `/api/v1/texts/${made.body.text}/approve`, { digest: made.body.digest, check: String(made.body.areas.length) });
        must(answer.status >= 400 && answer.status < 500, `approving it answers ${answer.status}: ${JSON.stringify(answer.body)}`);
        await seen.duty.keyboard.press("Escape");
      }],
    ]],

    ["An origin without TLS", [
      ["[53] by the name of another machine everything but the shell without a line works, and a standing hint says so", async () => {
        const { port } = new URL(demo.origin());
        const page = await desk.officer("duty", { at: `http://town-hall.test:${port}` });
        must(!await page.evaluate(() => isSecureContext), "the browser takes the origin for a secure one");
        await desk.recommendation(page);
        await within(IN_THE_END_S, "the stream", async () => await page.getByTestId("connection").getAttribute("data-state") === "live");
        await page.getByTestId("notes").click();
        await says(page, "暗号化されていません");
        await desk.picture(page, "insecure");
        await page.keyboard.press("Escape");
        await within(IN_THE_END_S, "the map", async () => await page.getByTestId("map").getAttribute("data-complete") === "true");
        must(await page.evaluate(() => navigator.serviceWorker === undefined), "there is a service worker");
        await page.context().close();
      }],
    ]],
  ];
}
