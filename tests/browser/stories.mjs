// The walk: what a resident and two officers see and do during the recorded flood of August 2016, in the order in
// which they do it. No page of these people runs a script.

import { IN_THE_END_S, must, within } from "./cases.mjs";
import { paced } from "./pace.mjs";
import { withoutSignature } from "./signature.mjs";

// A notice is public this soon after the last click was answered, on a machine whose disk still writes out what a compiler left. Five
// seconds are held where times are measured, in the console's walk; here the time is told.
const PUBLIC_WITHIN_S = 20;
// The calm day before the flood passes in seconds; this is for a busy machine.
const ADVICE_WITHIN_S = 300;
// The river may change the grounds between reading and clicking; then an officer reads again, not for ever.
const READINGS = 4;

export function stories(demo, eyes) {
  const origin = demo.origin();
  // Whom the story follows, and what they learn on the way.
  const seen = {};
  const noticeId = () => {
    must(seen.notice, "nothing was published");
    return seen.notice;
  };
  const open = async (who, path, status = 200) => {
    const answer = await arrives(who, origin + path);
    must(answer.status() === status, `${path} answers ${answer.status()}, not ${status}`);
  };

  return [
    ["A resident on a calm day", [
      ["the public page says that no notice is in force, and when that was true", async () => {
        seen.resident = await eyes.person();
        await open(seen.resident, "/");
        await says(seen.resident, "いま発令中の避難情報はありません。");
        await says(seen.resident, /\d{1,2}:\d{2}.{0,12}現在。/);
        await says(seen.resident, "No evacuation information is in force at this time.");
        must(await seen.resident.locator("article.notice").count() === 0, "there is a notice");
        await eyes.look(seen.resident, "public-calm");
      }],
      ["it says everywhere that this is a replay, not an alert", async () => {
        must(await seen.resident.locator(".realm, .realm-end").count() === 2, "the banner is not at both ends");
      }],
      ["the feed exists and is empty", async () => {
        const feed = await text(`${origin}/feed.atom`, "application/atom+xml");
        must(feed.includes("<feed ") && !feed.includes("<entry>"), `not an empty feed:\n${feed}`);
      }],
      ["an address that leads nowhere says so and shows the way back", async () => {
        await open(seen.resident, "/nowhere", 404);
        await says(seen.resident, "お探しのページはありません");
        must(await seen.resident.locator("main a[href='/']").count() === 1, "no way back");
        await eyes.look(seen.resident, "public-404");
      }],
    ]],

    ["Signing in", [
      ["an officers' page leads to the sign-in form", async () => {
        seen.approver = await eyes.person();
        await seen.approver.goto(`${origin}/plain/`);
        must(new URL(seen.approver.url()).pathname === "/plain/signin", `it is ${seen.approver.url()}`);
        await says(seen.approver, "サインイン");
        await eyes.look(seen.approver, "sign-in");
      }],
      ["a wrong password is refused in words", async () => {
        const answer = await signIn(seen.approver, { user: "approver", password: "wrong" });
        must(answer.status() === 401, `it answers ${answer.status()}`);
        await says(seen.approver, "違います");
        await eyes.look(seen.approver, "sign-in-refused");
      }],
      ["the one-time account of the console opens the desk", async () => {
        await signIn(seen.approver, demo.account("approver"));
        must(new URL(seen.approver.url()).pathname === "/plain/", `it is ${seen.approver.url()}`);
        await says(seen.approver, "危機管理監");
      }],
    ]],

    ["What the officers see", [
      ["the situation has a map with districts, a depth legend and a table of the same", async () => {
        await open(seen.approver, "/plain/");
        const map = seen.approver.locator("svg.map");
        must(await map.locator("path").count() > 20, "the map is next to empty");
        must((await map.getAttribute("aria-label")).length > 20, "the map says nothing to those who cannot see it");
        must(await seen.approver.locator("table caption", { hasText: "避難場所" }).count() === 1, "no table of shelters");
      }],
      ["it has hydrographs with observed levels and a table of gauges with level, age and quality", async () => {
        const charts = seen.approver.locator("svg.hydrograph");
        must(await charts.count() >= 1, "no hydrograph");
        must(await charts.first().locator(".hy-observed, .hy-lone").count() > 0, "no observation in the chart");
        const rows = seen.approver.locator("table.gauges tbody tr");
        must(await rows.count() >= 5, `only ${await rows.count()} gauges`);
        const row = await rows.first().innerText();
        must(/\d\.\d{2}\s*m/.test(row) && /\d{1,2}:\d{2}/.test(row), `a gauge without level or time: ${row}`);
        await eyes.look(seen.approver, "situation");
      }],
      ["a recommendation comes to the inbox by itself, with its deadline and its grounds", async () => {
        const items = seen.approver.locator("main a.item");
        await within(ADVICE_WITHIN_S, "a recommendation", async () => {
          await open(seen.approver, "/plain/inbox");
          return await items.count() > 0;
        });
        await paced(async (path) => await (await seen.approver.context().request.get(origin + path)).json());
        await open(seen.approver, "/plain/inbox");
        must(/推奨 警戒レベル[345]/.test(await items.first().innerText()), await items.first().innerText());
        // Either until when, or why that cannot be told.
        const due = await items.first().locator(".due").innerText();
        must(/\d{1,2}:\d{2}|達しています|計算できません/.test(due), `no deadline: ${due}`);
        await eyes.look(seen.approver, "inbox");
      }],
      ["the situation names the danger and what is to be decided until when", async () => {
        await within(IN_THE_END_S, "a danger by name", async () => {
          await open(seen.approver, "/plain/");
          return await seen.approver.locator("[aria-labelledby=q1] li").count() > 0;
        });
        must(await seen.approver.locator("[aria-labelledby=q3] a.item").count() > 0, "no decision is named");
        await eyes.look(seen.approver, "situation-flood");
        await open(seen.approver, "/plain/inbox");
      }],
      ["a recommendation shows evidence and counter-evidence, and nothing is decided by reading it", async () => {
        await seen.approver.locator("main a.item").first().click();
        await says(seen.approver, "システムの推奨(判断は職員が行います)");
        must(await seen.approver.locator("[aria-labelledby=for] li").count() > 0, "no evidence");
        must(await seen.approver.locator("[aria-labelledby=against]").count() === 1, "no room for counter-evidence");
        await eyes.look(seen.approver, "recommendation");
      }],
      ["declining is one click away and asks for a reason", async () => {
        await seen.approver.getByRole("link", { name: /^見送る/ }).click();
        must(await seen.approver.locator("input[name=reason]").count() >= 1, "no reason to choose");
        must(await seen.approver.locator("input:checked").count() === 0, "a reason is chosen already");
        await eyes.look(seen.approver, "decline");
      }],
      ["nothing on screen is newer than now", async () => {
        for (const path of ["/plain/", "/plain/inbox"]) {
          await open(seen.approver, path);
          const all = await seen.approver.locator("body").innerText();
          const early = all.match(/(?:データ時点|最後の確認)[^\n]{0,30}\(あと[^)]*\)/);
          must(early === null, `${path} says: ${early?.[0]}`);
        }
      }],
    ]],

    ["Two pairs of eyes", [
      ["the duty officer may look", async () => {
        seen.duty = await eyes.person();
        await open(seen.duty, "/plain/signin");
        await signIn(seen.duty, demo.account("duty"));
        await open(seen.duty, "/plain/inbox");
        must(await seen.duty.locator("main a.item").count() > 0, "the duty officer's inbox is empty");
      }],
    ]],

    ["Deciding", [
      ["the sheet has no answer chosen and says exactly what would be sent", async () => {
        await open(seen.duty, "/plain/inbox");
        await seen.duty.locator("main a.item").first().click();
        await seen.duty.getByRole("link", { name: /^判断する/ }).click();
        await says(seen.duty, "送られる文面");
        must(await seen.duty.locator("input:checked").count() === 0, "something is chosen already");
        await eyes.look(seen.duty, "decide");
      }],
      ["Enter in a field sends nothing", async () => {
        const before = seen.duty.url();
        await seen.duty.locator("#check").fill("1");
        await seen.duty.locator("#check").press("Enter");
        await seen.duty.waitForTimeout(400);
        must(seen.duty.url() === before, `it went to ${seen.duty.url()}`);
        must(await seen.duty.locator("section.errors").count() === 0, "the form was sent");
      }],
      ["an empty sheet comes back with what is missing", async () => {
        await seen.duty.locator("#check").fill("");
        await send(seen.duty, /^最終確認の画面へ/, 422);
        must(await seen.duty.locator("section.errors li").count() === 3, "not three things are missing");
        await eyes.look(seen.duty, "decide-incomplete");
      }],
      ["level, reason and the number read in the text lead to the final words", async () => {
        await decide(seen.duty);
        await says(seen.duty, "まだ発表されていません");
        seen.cap = await seen.duty.locator("pre.cap").textContent();
        must(seen.cap.includes("<identifier>"), "the final words have no CAP document");
        await eyes.look(seen.duty, "confirm");
      }],
      ["nothing is public before the last click", async () => {
        await open(seen.resident, "/");
        must(await seen.resident.locator("article.notice").count() === 0, "the public page shows a notice");
      }],
      ["the first person's click sends it to the second, and to nobody else", async () => {
        await send(seen.duty, /1人目/);
        must(/^\/plain\/first\//.test(new URL(seen.duty.url()).pathname), `after the click it is ${seen.duty.url()}`);
        await says(seen.duty, "まだ発表されていません");
        await open(seen.resident, "/");
        must(await seen.resident.locator("article.notice").count() === 0, "the public page shows a notice");
        await eyes.look(seen.duty, "waiting");
      }],
      ["the second person chooses without seeing what the first chose", async () => {
        await open(seen.approver, "/plain/inbox");
        await eyes.look(seen.approver, "inbox-waiting");
        await seen.approver.locator("main a[href^='/plain/second/']").first().click();
        await says(seen.approver, "2人目の判断");
        must(await seen.approver.locator("input:checked").count() === 0, "something is chosen already");
        const level = seen.cap.match(/<valueName>jp:alertLevel<\/valueName>\s*<value>(\d)<\/value>/)?.[1];
        must(level, "the document names no level");
        await seen.approver.locator(`input[name=choice][value="${level}"]`).check();
        await seen.approver.locator("input[name=check]").fill(String(seen.cap.match(/(\d+)地区に/)?.[1]));
        await eyes.look(seen.approver, "second");
        await send(seen.approver, /^選ぶ/);
        const shown = await seen.approver.locator("pre.cap").textContent();
        must(shown === seen.cap, "the second person reads other bytes than the first");
        await eyes.look(seen.approver, "confirm-second");
      }],
      [`the public page shows the notice within ${PUBLIC_WITHIN_S} s of the last click`, async () => {
        await send(seen.approver, /^(訓練として承認する|この内容で承認して発表する)/);
        const began = performance.now();
        seen.notice = decodeURIComponent(new URL(seen.approver.url()).pathname).match(/^\/plain\/n\/(.+)$/)?.[1];
        must(seen.notice, `after the last click it is ${seen.approver.url()}`);
        await within(PUBLIC_WITHIN_S, "the notice on the public page", async () => {
          await open(seen.resident, "/");
          return await seen.resident.locator("article.notice:not(.ended)").count() > 0;
        });
        console.log(`        public ${Math.round(performance.now() - began)} ms after the last click was answered`);
        await eyes.look(seen.resident, "public-in-force");
      }],
    ]],

    ["What left the town hall", [
      ["the notice has a public page with districts, what to do, and English", async () => {
        await seen.resident.locator("article.notice h2 a").first().click();
        must(await seen.resident.locator("ul.districts li").count() > 0, "no district");
        must(await seen.resident.locator("ul.todo li").count() > 0, "nothing to do");
        must(await seen.resident.locator("[aria-labelledby=english] pre").count() === 1, "no English");
        await eyes.look(seen.resident, "public-notice");
      }],
      ["the Atom feed names it and leads to its CAP document", async () => {
        const feed = await text(`${origin}/feed.atom`, "application/atom+xml");
        const href = feed.match(/<link [^>]*rel="enclosure"[^>]*>/)?.[0].match(/href="([^"]+)"/)?.[1];
        must(href?.endsWith(`/cap/${noticeId()}.xml`), `no CAP document of ${seen.notice} in:\n${feed}`);
        seen.published = await text(new URL(new URL(href).pathname, origin).href, "application/cap+xml");
      }],
      ["the CAP document is, byte for byte and but for its signature, what the officer approved", async () => {
        must(withoutSignature(seen.published) === seen.cap, `approved:\n${seen.cap}\npublished:\n${seen.published}`);
        must(/<status>Exercise<\/status>/.test(seen.published), "a replay that does not say Exercise");
      }],
      ["the officers see every channel and what became of it", async () => {
        await open(seen.approver, "/plain/published");
        must(await seen.approver.locator("table.published tbody tr").count() === 1, "not one published notice");
        must(await seen.approver.locator("table.published .delivery").count() === 2, "not two channels");
        await eyes.look(seen.approver, "published");
        await open(seen.approver, `/plain/n/${noticeId()}`);
        await eyes.look(seen.approver, "notice");
      }],
    ]],

    ["Ending it", [
      ["lifting asks how, why, and for the number read in the text", async () => {
        await open(seen.duty, `/plain/n/${noticeId()}`);
        await seen.duty.getByRole("link", { name: "解除または取消へ" }).click();
        must(await seen.duty.locator("input:checked").count() === 0, "something is chosen already");
        await says(seen.duty, "解除にまだ足りないこと");
        await eyes.look(seen.duty, "end-notice");
        await seen.duty.locator("input[name=ending][value=lift]").check();
        await seen.duty.locator("input[name=reason]").first().check();
        await seen.duty.locator("#check").fill(String(seen.cap.match(/(\d+)地区に/)?.[1]));
        await send(seen.duty, /^最終確認の画面へ/);
        await says(seen.duty, "解除の最終確認");
        await eyes.look(seen.duty, "confirm-lift");
      }],
      [`residents see that it is over within ${PUBLIC_WITHIN_S} s`, async () => {
        await send(seen.duty, /1人目/);
        await open(seen.approver, "/plain/inbox");
        await seen.approver.locator("main a[href^='/plain/second/']").first().click();
        await seen.approver.locator("input[name=choice][value=lift]").check();
        await seen.approver.locator("input[name=check]").fill(String(seen.cap.match(/(\d+)地区に/)?.[1]));
        await send(seen.approver, /^選ぶ/);
        await send(seen.approver, /^(訓練として解除する|この内容で解除を発表する)/);
        await within(PUBLIC_WITHIN_S, "the end of the notice on the public page", async () => {
          await open(seen.resident, "/");
          return await seen.resident.locator("article.notice:not(.ended)").count() === 0;
        });
        await says(seen.resident, "解除済み");
        await eyes.look(seen.resident, "public-lifted");
      }],
      ["the record holds who did what, in an unbroken chain", async () => {
        await open(seen.approver, "/plain/audit");
        must(await seen.approver.locator("table.audit tbody tr").count() >= 8, "next to nothing is recorded");
        must(await seen.approver.locator("p.chain").count() === 1, "nothing is said of the chain");
        must(!(await seen.approver.locator("main").innerText()).includes("連鎖が壊れています"), "the chain is broken");
        await eyes.look(seen.approver, "audit");
      }],
      ["the review puts advice and the real night side by side", async () => {
        await open(seen.approver, "/plain/review");
        must(await seen.approver.locator("table.review tbody tr").count() >= 3, "next to nothing to compare");
        await says(seen.approver, "システムには分からなかったこと");
        await eyes.look(seen.approver, "review");
      }],
      ["an officer can leave, and the desk is closed behind them", async () => {
        await send(seen.approver, /^サインアウト/);
        await seen.approver.goto(`${origin}/plain/inbox`);
        must(new URL(seen.approver.url()).pathname === "/plain/signin", `it is ${seen.approver.url()}`);
      }],
    ]],

    ["A passkey", [
      ["without a script the sign-in page asks for none", async () => {
        seen.plain = await eyes.person();
        await seen.plain.goto(`${origin}/plain/signin`);
        must(!(await seen.plain.locator("form[data-act]").isVisible()), "a button that does nothing is shown");
      }],
      ["an officer adds one on the account page", async () => {
        seen.holder = await eyes.keyholder();
        const { page, keys } = seen.holder;
        await page.goto(`${origin}/plain/signin`);
        must(!(await page.locator("form[data-act=get]").isVisible()), "a key is asked for under a name that it is not bound to");
        await page.goto(`${seen.holder.origin}/plain/signin`);
        await page.locator("form[data-act=get]").waitFor({ state: "visible" });
        await signIn(page, demo.account("duty"));
        await page.goto(`${seen.holder.origin}/plain/account`);
        await page.locator("#passkey-label").fill("当直の鍵");
        await Promise.all([page.waitForNavigation(), page.locator("form[data-act=create] button").click()]);
        await says(page, "当直の鍵");
        must((await keys()).length === 1, "the key was not made");
        await eyes.look(page, "account-passkey");
      }],
      ["it opens the desk without a name or a password, and the session has shown a second factor", async () => {
        const { page } = seen.holder;
        await page.context().clearCookies();
        await page.goto(`${seen.holder.origin}/plain/signin`);
        await Promise.all([page.waitForNavigation(), page.locator("form[data-act=get] button").click()]);
        must(new URL(page.url()).pathname === "/plain/", `it is ${page.url()}`);
        await page.goto(`${seen.holder.origin}/plain/account`);
        must(await page.locator("form", { hasText: "パスキーを外す" }).count() === 1, "it may not be removed");
      }],
      ["an answer that was sent once is refused the second time", async () => {
        const { page } = seen.holder;
        await page.context().clearCookies();
        await page.goto(`${seen.holder.origin}/plain/signin`);
        let sent = null;
        await page.route("**/plain/signin/passkey", async (route) => {
          sent = route.request().postData();
          await route.continue();
        });
        await Promise.all([page.waitForNavigation(), page.locator("form[data-act=get] button").click()]);
        must(new URL(page.url()).pathname === "/plain/", `it is ${page.url()}`);
        const again = await fetch(`${origin}/plain/signin/passkey`, {
          method: "POST", body: sent, redirect: "manual", headers: { "content-type": "application/x-www-form-urlencoded" },
        });
        must(again.status === 401, `it answers ${again.status}`);
      }],
      ["without the finger it opens nothing", async () => {
        const { page, finger } = seen.holder;
        await finger(false);
        await page.context().clearCookies();
        await page.goto(`${seen.holder.origin}/plain/signin`);
        await page.locator("form[data-act=get] button").click();
        await within(IN_THE_END_S, "the browser says so", async () => (await page.locator("form[data-act=get] [role=status]").textContent()).includes("鍵を使えませんでした"));
        must(new URL(page.url()).pathname === "/plain/signin", `it is ${page.url()}`);
        await page.context().close();
      }],
    ]],
    ["On the way", [
      ["no page asked anything of another host", async () => {
        must(eyes.asked > 40, `only ${eyes.asked} requests were seen`);
        must(eyes.strayed.length === 0, eyes.strayed.join("\n"));
      }],
      ["no page broke its own content security policy", async () => {
        must(eyes.refused.length === 0, eyes.refused.join("\n"));
      }],
      ["the demo ends cleanly when asked to", async () => {
        must(demo.alive(), `the demo has ended before:\n${demo.tail()}`);
        const code = await demo.stop();
        must(code === 0, `it ended with ${code}:\n${demo.tail()}`);
      }],
    ]],
  ];
}

async function says(page, words) {
  const all = await page.locator("body").innerText();
  const found = typeof words === "string" ? all.includes(words) : words.test(all);
  must(found, `${page.url()} does not say ${words}; it says:\n${all.slice(0, 1500)}`);
}

// Goes there. A page that reloads itself may do so just then, and the browser gives up what came first: asked again, it goes.
async function arrives(who, address) {
  try {
    return await who.goto(address);
  } catch (error) {
    if (!String(error?.message).includes("interrupted by another navigation")) throw error;
    return await who.goto(address);
  }
}

// Presses a button and waits for the page that answers.
async function send(page, button, status = 200) {
  const [answer] = await Promise.all([page.waitForNavigation(), page.getByRole("button", { name: button }).click()]);
  const found = answer.status();
  must(found === status, `'${button}' answers ${found}, not ${status}: ${(await page.locator("main").innerText()).slice(0, 600)}`);
  return answer;
}

async function signIn(page, { user, password }) {
  await page.locator("#user").fill(user);
  await page.locator("#password").fill(password);
  const pressed = page.getByRole("button", { name: "サインインする", exact: true }).click();
  const [answer] = await Promise.all([page.waitForNavigation(), pressed]);
  return answer;
}

// Fills the sheet as an officer who reads it: the proposed level, the first reason, and the number of districts
// that stands in the text. Grounds that changed meanwhile send the officer back to the sheet.
async function decide(page) {
  for (let reading = 1; ; reading += 1) {
    await page.locator("label.choice", { hasText: "システムの推奨" }).locator("input").check();
    await page.locator("input[name=reason]").first().check();
    const draft = await page.locator(".draft pre.prose").first().textContent();
    const districts = draft.match(/(\d+)地区に/)?.[1];
    must(districts, `no number of districts in:\n${draft}`);
    await page.locator("#check").fill(districts);
    const pressed = page.getByRole("button", { name: /^最終確認の画面へ/ }).click();
    const [answer] = await Promise.all([page.waitForNavigation(), pressed]);
    const status = answer.status();
    if (status === 200) return;
    must(reading < READINGS, `after ${reading} readings it answers ${status}: ${(await page.locator("main").innerText()).slice(0, 600)}`);
    await page.goto(page.url());
  }
}

// A machine's view: the bytes of a document of this kind.
async function text(address, kind) {
  const answer = await fetch(address);
  must(answer.status === 200, `${address} answers ${answer.status}`);
  must(answer.headers.get("content-type")?.startsWith(kind), `${address} is ${answer.headers.get("content-type")}`);
  return await answer.text();
}
