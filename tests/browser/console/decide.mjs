// From a recommendation to a published notice and its end: what may be done, by whom, and what must stay impossible.

import { IN_THE_END_S, must, within } from "../cases.mjs";
import { says } from "./desk.mjs";
import { becomes } from "./officers.mjs";
import { withoutSignature } from "../signature.mjs";

// The river may change the grounds between reading and pressing; then an officer reads again, not for ever.
const READINGS = 5;
const PUBLIC_WITHIN_S = 5;
const REMEDY_WITHIN_S = 60;

// Measures nothing: may run beside others.
export const patient = true;

// An hour of the event takes seven minutes: what is read is still so when it is approved, on a slow machine too.
export const night = { speed: 8 };

export async function stories(demo, desk) {
  const seen = {};
  const button = (page) => page.getByTestId("approve");
  const shut = async (page, why) => must(await button(page).isDisabled(), `the button is open with ${why}`);
  const openSheet = async (page) => {
    await page.getByTestId("decide").click();
    await page.getByTestId("decision-sheet").getByTestId("approve").waitFor();
  };
  const proposed = async (page) => Number((await page.locator("label.choice", { has: page.locator("em") }).getAttribute("data-testid")).slice("level-".length));

  return [
    ["Seeing and acknowledging", [
      ["a duty officer signs in and sees the recommendation arrive", async () => {
        seen.duty = await desk.officer("duty");
        seen.first = await desk.recommendation(seen.duty);
        await says(seen.duty, "システムの推奨(判断は職員が行います)");
      }],
      ["[30] counter-evidence stands beside the evidence without any click, as large", async () => {
        const against = seen.duty.getByTestId("counter-evidence");
        must(await against.isVisible(), "there is no counter-evidence");
        const lines = await against.getByTestId("counter-evidence-line").count();
        must(lines > 0 || await against.getByTestId("counter-evidence-none").isVisible(), "neither a line nor the sentence that none is known");
        const size = (locator) => locator.first().evaluate((one) => parseFloat(getComputedStyle(one).fontSize));
        const mine = lines > 0 ? against.getByTestId("counter-evidence-line") : against.getByTestId("counter-evidence-none");
        must(await size(mine) >= await size(seen.duty.getByTestId("evidence-line")), "it is smaller than the evidence");
        must(await against.locator("details").count() === 0, "it is folded");
      }],
      ["Space says that it was seen, with the name for all", async () => {
        await within(IN_THE_END_S, "the way to say so", async () => await seen.duty.locator("[data-testid=acknowledge]:enabled").count() > 0);
        await seen.duty.locator("h1").first().focus();
        await seen.duty.keyboard.press(" ");
        await within(IN_THE_END_S, "the state 'seen'", async () => /確認済み/.test(await seen.duty.getByTestId("item-state").innerText()));
        must(/当直/.test(await seen.duty.getByTestId("item-state").innerText()), "no name stands with it");
      }],
      ["[20] no letter publishes: every key of the keyboard leaves the recommendation undecided", async () => {
        for (const key of "abcdefghijklmnopqrstuvwxyz/ ") {
          await seen.duty.keyboard.press(key);
          await seen.duty.keyboard.press("Escape");
        }
        await desk.open(seen.duty, `recommendations/${seen.first.id}`);
        const { body } = await desk.api(seen.duty, "GET", "/api/v1/notices");
        must(body.rows.length === 0, "a notice was published");
        const inbox = await desk.api(seen.duty, "GET", "/api/v1/inbox");
        must(inbox.body.waiting.length === 0, "a text waits for its second person");
      }],
    ]],

    ["The decision sheet", [
      ["[18] nothing is chosen when it opens, and the button is shut", async () => {
        await desk.recommendation(seen.duty);
        await openSheet(seen.duty);
        must(await seen.duty.locator("[data-testid=decision-sheet] input:checked").count() === 0, "something is chosen");
        await shut(seen.duty, "nothing chosen");
        await desk.picture(seen.duty, "sheet-open");
      }],
      ["[39] the sheet says 訓練", async () => must(/訓練/.test(await seen.duty.getByTestId("decision-sheet").locator("h2").innerText()), "it does not")],
      ["[19] the button stays shut with a level alone, with level and reason alone, and with a wrong number", async () => {
        seen.level = await proposed(seen.duty);
        await seen.duty.getByTestId(`level-${seen.level}`).click();
        await shut(seen.duty, "a level alone");
        await seen.duty.getByTestId("reason").first().click();
        await seen.duty.getByTestId("digest").waitFor();
        await shut(seen.duty, "level and reason alone");
        const text = await seen.duty.getByTestId("message-body").innerText();
        seen.areas = Number(text.match(/(\d+)地区/)?.[1]);
        must(seen.areas > 0, `no number of areas in:\n${text}`);
        await seen.duty.getByTestId("check").fill(String(seen.areas + 1));
        await shut(seen.duty, "a wrong number");
      }],
      ["[19] the right number in full width opens it", async () => {
        await seen.duty.getByTestId("check").fill(String(seen.areas).replace(/\d/g, (digit) => String.fromCharCode(digit.charCodeAt(0) + 0xfee0)));
        await within(IN_THE_END_S, "the open button", async () => await button(seen.duty).isEnabled());
      }],
      ["[20] Enter sends nothing, in the field and on the button", async () => {
        await seen.duty.getByTestId("check").press("Enter");
        await button(seen.duty).focus();
        await button(seen.duty).press("Enter");
        await seen.duty.waitForTimeout(500);
        must(await seen.duty.getByTestId("decision-sheet").isVisible(), "the sheet is gone");
        const { body } = await desk.api(seen.duty, "GET", "/api/v1/inbox");
        must(body.waiting.length === 0, "it was sent");
      }],
      ["[31] a level other than the proposed one asks for own words, and adopts no evidence line", async () => {
        const other = seen.level === 3 ? 4 : 3;
        await seen.duty.getByTestId(`level-${other}`).click();
        await seen.duty.getByTestId("departs").waitFor();
        must(await seen.duty.getByTestId("reason").count() === 0, "a line of evidence can be adopted");
        await shut(seen.duty, "another level without words");
      }],
      ["[59] focus stays inside the sheet until Esc, and returns to the button that opened it", async () => {
        for (let press = 0; press < 40; press += 1) {
          await seen.duty.keyboard.press("Tab");
          must(await seen.duty.evaluate(() => document.activeElement?.closest("dialog") !== null), `after ${press + 1} presses of Tab focus is outside`);
        }
        await seen.duty.keyboard.press("Escape");
        await seen.duty.getByTestId("decision-sheet").waitFor({ state: "detached" });
        must(await seen.duty.evaluate(() => document.activeElement?.getAttribute("data-testid")) === "decide", "focus is elsewhere");
      }],
      ["[58] axe finds nothing on the open sheet", async () => {
        await openSheet(seen.duty);
        await says(seen.duty, "送られる文面");
        await desk.axe(seen.duty, "the decision sheet");
      }],
      ["[25] when the picture changes the button locks, the change is named, and confirming frees it", async () => {
        // The server's next answer is told with another substance, as after a new evaluation that matters.
        await seen.duty.route("**/sheet?auto=1", async (route) => {
          const answer = await route.fetch();
          const sheet = await answer.json();
          await route.fulfill({ response: answer, json: { ...sheet, substance: "0".repeat(64) } });
        });
        await within(60, "the bar that names the change", async () => await seen.duty.getByTestId("changed").count() > 0);
        await shut(seen.duty, "a changed picture");
        await desk.picture(seen.duty, "changed");
        await seen.duty.unroute("**/sheet?auto=1");
        await seen.duty.getByTestId("confirm-fresh").click();
        await seen.duty.getByTestId("changed").waitFor({ state: "detached", timeout: 30_000 }).catch(async () => seen.duty.getByTestId("confirm-fresh").click());
        await seen.duty.keyboard.press("Escape");
      }],
    ]],

    ["Declining", [
      ["[21] declining takes two presses", async () => {
        const next = await undecided(seen.duty, desk);
        await seen.duty.getByTestId("decline").click();
        await seen.duty.getByTestId("decline-reason").first().waitFor();
        await desk.picture(seen.duty, "decline");
        await seen.duty.getByTestId("decline-reason").first().click();
        await within(IN_THE_END_S, "the state 'declined'", async () => (await desk.api(seen.duty, "GET", `/api/v1/recommendations/${next}/detail`)).body.state.kind === "declined");
      }],
    ]],

    ["Two persons", [
      ["[21] the first approval takes three presses and one typed number", async () => {
        seen.presses = await firstApproval(seen.duty, desk, seen);
        must(seen.presses === 3, `it took ${seen.presses} presses after the sheet was open`);
        await seen.duty.getByTestId("waited").waitFor();
        await says(seen.duty, "まだ発表されていません");
        await desk.picture(seen.duty, "waiting");
      }],
      ["[28] a lone issue is not offered before its time", async () => {
        must(await seen.duty.getByTestId("alone").count() === 0, "it is offered");
        const { body: waiting } = await desk.api(seen.duty, "GET", `/api/v1/texts/${seen.text}`);
        const answer = await desk.api(seen.duty, "POST", `/api/v1/texts/${seen.text}/alone`, { digest: waiting.shown.digest, check: String(seen.areas) });
        must(answer.status === 403, `asked directly, the server answers ${answer.status}`);
      }],
      ["[22] the same account cannot be the second, by screen or by direct request", async () => {
        await desk.open(seen.duty, `second/${seen.text}`);
        await seen.duty.waitForTimeout(800);
        must(await seen.duty.getByTestId("second-choices").count() === 0 || await seen.duty.locator("[data-testid^=choice-]:enabled").count() === 0, "the screen offers a choice");
        const answer = await desk.api(seen.duty, "POST", `/api/v1/texts/${seen.text}/choice`, { choice: String(seen.level), check: String(seen.areas) });
        must(answer.status === 403, `asked directly, the server answers ${answer.status}: ${JSON.stringify(answer.body)}`);
      }],
      ["the approver's console shows that a second person is wanted", async () => {
        seen.approver = await desk.officer("approver");
        await within(IN_THE_END_S, "the waiting item", async () => await seen.approver.getByTestId("waiting-item").count() > 0);
      }],
      ["[23] the second person sees grounds and choices, and nothing of what the first chose", async () => {
        await seen.approver.getByTestId("waiting-item").first().click();
        await seen.approver.getByTestId("second-choices").waitFor();
        must(await seen.approver.getByTestId("counter-evidence").isVisible(), "no counter-evidence");
        const { body } = await desk.api(seen.approver, "GET", `/api/v1/texts/${seen.text}/second`);
        must(!("level" in body) && !("reason" in body), `the answer tells: ${Object.keys(body)}`);
        const whole = await desk.api(seen.approver, "GET", `/api/v1/texts/${seen.text}`);
        must(!whole.body.shown, "the text is shown before the choice");
        await desk.picture(seen.approver, "second");
        await desk.axe(seen.approver, "the second person's page");
      }],
      ["the choices are shut until the number is right", async () => {
        must(await seen.approver.locator("[data-testid^=choice-]:enabled").count() === 0, "a choice is open");
        await seen.approver.getByTestId("check").fill(String(seen.areas));
        must(await seen.approver.locator("[data-testid^=choice-]:enabled").count() >= 3, "no choice is open");
      }],
      ["[34] both agree: the second reads the very bytes of the first", async () => {
        await seen.approver.getByTestId(`choice-${seen.level}`).click();
        await seen.approver.getByTestId("second-agrees").waitFor();
        await seen.approver.getByTestId("tab-cap").click();
        seen.cap = await seen.approver.getByTestId("message-body").textContent();
        must(seen.cap === seen.firstCap, "the bytes differ");
        await desk.picture(seen.approver, "second-agrees");
      }],
      ["the button of the second is in sight on a laptop's screen, however long the text is", async () => {
        const [box, { height }] = [await seen.approver.getByTestId("second-approve").boundingBox(), seen.approver.viewportSize()];
        must(box && box.y >= 0 && box.y + box.height <= height, `it lies at ${JSON.stringify(box)}, the screen ends at ${height}`);
      }],
      ["[38] after two presses and the number the notice is public within five seconds", async () => {
        const began = performance.now();
        await seen.approver.getByTestId("second-approve").click();
        await seen.approver.getByTestId("screen-notice").waitFor();
        await within(PUBLIC_WITHIN_S, "the notice on the public page", async () => /避難|訓練/.test(await publicPage(demo)) && (await publicPage(demo)).includes("article"));
        desk.says(`public ${Math.round(performance.now() - began)} ms after the last press`);
      }],
      ["[34] what left is byte for byte what both read", async () => {
        seen.notice = decodeURIComponent(new URL(seen.approver.url()).hash.split("/")[2]);
        const sent = await (await fetch(`${demo.origin()}/cap/${seen.notice}.xml`)).text();
        must(withoutSignature(sent) === seen.cap, `read:\n${seen.cap}\nsent:\n${sent}`);
      }],
      ["[33] the record holds who, when and what was on screen, and its chain is whole", async () => {
        const { body } = await desk.api(seen.approver, "GET", "/api/v1/audit?limit=200");
        const all = JSON.stringify(body.entries);
        must(body.entries.length >= 5, "next to nothing is recorded");
        must(all.includes(seen.text) || all.includes(seen.notice), "neither text nor notice is named");
        const verified = await desk.api(seen.approver, "GET", "/api/v1/audit/verify");
        must(verified.body.whole === true, `the chain: ${JSON.stringify(verified.body)}`);
      }],
      ["[22] the refused attempt of the first person is on record", async () => {
        const { body } = await desk.api(seen.approver, "GET", "/api/v1/audit?limit=200");
        must(body.entries.some((entry) => /refus|断|拒/.test(`${entry.action} ${entry.text}`)), "no entry tells of a refusal");
      }],
    ]],

    ["What was published", [
      ["the board has a row with a cell for each channel, with clock time", async () => {
        await desk.open(seen.approver, "published");
        await seen.approver.getByTestId("notice-row").first().waitFor();
        await within(IN_THE_END_S, "every channel has the notice", async () => await seen.approver.locator("[data-testid=cell][data-state=accepted]").count() >= 1);
        must(/\d{2}:\d{2}:\d{2}/.test(await seen.approver.getByTestId("cell").first().innerText()), "no clock time");
        await desk.picture(seen.approver, "published");
        await desk.axe(seen.approver, "the published board");
      }],
      ["[36] the correction that stands ready is one press away, says so, and asks for the number alone", async () => {
        await seen.approver.getByTestId("correct").first().click();
        const text = await ready(seen.approver);
        must(/訂正/.test(text), `the text does not say that it corrects:\n${text}`);
        must(await seen.approver.getByTestId("end-reason").count() === 0, "a reason is asked for");
        await desk.picture(seen.approver, "correct");
        await desk.axe(seen.approver, "the correction that stands ready");
        await seen.approver.getByTestId("check").fill(areasOf(text));
        await within(IN_THE_END_S, "the open button", async () => await seen.approver.getByTestId("end-approve").isEnabled());
        await seen.approver.getByTestId("check").press("Enter");
        await seen.approver.waitForTimeout(300);
        must(await seen.approver.getByTestId("end-dialog").isVisible(), "Enter sent it");
        await seen.approver.keyboard.press("Escape");
      }],
      ["the page of the notice says of both how long they have stood ready", async () => {
        await desk.open(seen.approver, `notices/${seen.notice}`);
        await seen.approver.getByTestId("prepared").nth(1).waitFor();
        for (const line of await seen.approver.getByTestId("prepared").allInnerTexts()) must(/\d{2}:\d{2}/.test(line) && /承認/.test(line), line);
        await desk.open(seen.approver, "published");
        await seen.approver.getByTestId("notice-row").first().waitFor();
      }],
      ["[29] lifting needs two persons", async () => {
        await seen.approver.getByTestId("lift").first().click();
        await seen.approver.getByTestId("end-reason").first().click();
        await seen.approver.getByTestId("end-dialog").getByTestId("message-body").waitFor();
        await seen.approver.getByTestId("check").fill(String(seen.areas));
        await seen.approver.getByTestId("end-approve").click();
        await seen.approver.getByTestId("waited").waitFor();
        await says(seen.approver, "まだ発表されていません");
        await seen.approver.getByTestId("withdraw").click();
        await seen.approver.getByTestId("screen-situation").waitFor();
      }],
      [`[36] the cancellation that stands ready is public within ${REMEDY_WITHIN_S} s of the press, with nothing typed but the number`, async () => {
        await desk.open(seen.approver, "published");
        const row = seen.approver.locator(`[data-testid=notice-row][data-id="${seen.notice}"]`);
        await row.getByTestId("cancel").waitFor();
        const began = performance.now();
        await row.getByTestId("cancel").click();
        const text = await ready(seen.approver);
        await desk.picture(seen.approver, "cancel");
        await seen.approver.getByTestId("check").fill(areasOf(text));
        await seen.approver.getByTestId("end-approve").click();
        await within(REMEDY_WITHIN_S, "the notice as cancelled", async () => await row.getAttribute("data-state") === "cancelled");
        await within(REMEDY_WITHIN_S, "the word on the public page", async () => /取り?消/.test(await (await fetch(`${demo.origin()}/n/${seen.notice}`)).text()));
        desk.says(`cancelled ${Math.round(performance.now() - began)} ms after the press`);
      }],
    ]],
  ];
}

// The text that stands ready, in the dialog that a press opened; nothing can be sent yet.
async function ready(page) {
  await page.getByTestId("end-dialog").getByTestId("message-body").waitFor();
  await page.getByTestId("end-ready").waitFor();
  must(await page.getByTestId("end-approve").isDisabled(), "the button is open without the number");
  return await page.getByTestId("message-body").innerText();
}

function areasOf(text) {
  const areas = text.match(/(\d+)地区/)?.[1];
  must(areas, `no number of areas in:\n${text}`);
  return areas;
}

async function publicPage(demo) {
  return await (await fetch(`${demo.origin()}/`)).text();
}

// The least pressing recommendation that nobody decided, opened on the page: the others are decided later.
async function undecided(page, desk) {
  let found = null;
  await within(240, "another recommendation", async () => {
    const { body } = await desk.api(page, "GET", "/api/v1/inbox");
    found = body.items.findLast((item) => ["new", "seen"].includes(item.state.kind))?.id ?? null;
    return found !== null;
  });
  await desk.open(page, `recommendations/${found}`);
  await page.locator(`[data-testid=recommendation][data-id="${found}"]`).waitFor();
  return found;
}

// Fills the sheet as an officer who reads it; gives back how many presses the last reading took.
async function firstApproval(page, desk, seen) {
  for (let reading = 1; ; reading += 1) {
    let presses = 0;
    const press = async (locator) => {
      await locator.click();
      presses += 1;
    };
    if (await page.getByTestId("decision-sheet").count() === 0) {
      await desk.recommendation(page);
      await page.getByTestId("decide").click();
    }
    await page.getByTestId("approve").waitFor();
    seen.level = Number((await page.locator("label.choice", { has: page.locator("em") }).getAttribute("data-testid")).slice("level-".length));
    await press(page.getByTestId(`level-${seen.level}`));
    await press(page.getByTestId("reason").first());
    try {
      await becomes(page, "digest");
      seen.areas = Number((await page.getByTestId("message-body").innerText()).match(/(\d+)地区/)?.[1]);
      await page.getByTestId("check").fill(String(seen.areas));
      // Reading another tab decides nothing and is not counted.
      await page.getByTestId("tab-cap").click();
      seen.firstCap = await page.getByTestId("message-body").textContent();
      await press(page.getByTestId("approve"));
      await becomes(page, "screen-waiting");
      seen.text = decodeURIComponent(new URL(page.url()).hash.split("/")[2]);
      return presses;
    } catch (error) {
      must(reading < READINGS, `after ${reading} readings: ${error.message}\n${await page.locator("dialog").innerText().catch(() => "")}`);
      await page.keyboard.press("Escape");
      await page.waitForTimeout(500);
    }
  }
}
