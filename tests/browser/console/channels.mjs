// A channel that fails, what a resident sees, and that no answer carries the data of a person.

import { createServer } from "node:http";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { IN_THE_END_S, must, within } from "../cases.mjs";
import { ratio } from "./pixels.mjs";
import { approves } from "./officers.mjs";

const RED_WITHIN_S = 5;
// Nobody listens there until the check itself does.
const PORT = 20_000 + (process.pid % 20_000);
// What a caller might have said on the telephone, and an officer noted down.
const CANARY = { name: "架空野 仮名子", telephone: "0155-00-0000", street: "架空町9丁目9番地9" };
const OPENAPI = JSON.parse(readFileSync(join(dirname(fileURLToPath(import.meta.url)), "../../../docs/openapi.json"), "utf8"));

// Mostly waits: may run beside others.
export const patient = true;
// Nothing here depends on how the map is drawn.
export const modes = ["without WebGL"];
// An hour of the event takes seven minutes: what is read is still so when it is approved, on a slow machine too.
export const night = {
  speed: 8,
  config: `
publish.retry_max_s = 600
[[publish.webhook]]
name = "prefecture"
url = "http://127.0.0.1:${PORT}/hinan"
secret_env = "HINAN_EXERCISE_WALK_SECRET"
realm = "exercise"
`,
  env: { HINAN_EXERCISE_WALK_SECRET: "only-for-this-walk-0123456789abcdef" },
};

export async function stories(demo, desk) {
  const seen = {};
  const cell = (page, channel) => page.locator(`[data-testid=cell][data-channel="${channel}"]`).first();
  return [
    ["A channel that fails", [
      ["a notice is approved by two", async () => {
        seen.duty = await desk.visitor({ offline: false });
        await seen.duty.addInitScript(() => {
          // Counts the tones that are begun, with their pitches.
          window.tones = [];
          const begin = AudioContext.prototype.createOscillator;
          AudioContext.prototype.createOscillator = function () {
            const tone = begin.call(this);
            const start = tone.start.bind(tone);
            tone.start = (at) => {
              window.tones.push({ hertz: tone.frequency.value, at: performance.now() });
              start(at);
            };
            return tone;
          };
        });
        await seen.duty.reload();
        await desk.signIn(seen.duty, "duty");
        const first = await approves(seen.duty, desk);
        seen.approver = await desk.officer("approver", { offline: false });
        await desk.open(seen.approver, `second/${first.text}`);
        await seen.approver.getByTestId("check").fill(String(first.areas));
        await seen.approver.getByTestId(`choice-${first.level}`).click();
        await seen.approver.getByTestId("second-approve").waitFor();
        await desk.open(seen.duty, "published");
        await seen.duty.evaluate(() => (window.tones.length = 0));
        await seen.approver.getByTestId("second-approve").click();
        await seen.approver.getByTestId("screen-notice").waitFor();
        seen.began = performance.now();
        seen.notice = decodeURIComponent(new URL(seen.approver.url()).hash.split("/")[2]);
      }],
      [`[35] its cell is red within ${RED_WITHIN_S} s, with the reason, and the others are not`, async () => {
        await within(RED_WITHIN_S, "the failed cell", async () => await cell(seen.duty, "webhook:prefecture").count() > 0 && ["failed", "retrying"].includes(await cell(seen.duty, "webhook:prefecture").getAttribute("data-state")));
        desk.says(`red ${Math.round(performance.now() - seen.began)} ms after the notice was out`);
        must((await cell(seen.duty, "webhook:prefecture").locator("small").first().innerText()).length > 5, "no reason");
        await within(IN_THE_END_S, "the others have it", async () => await cell(seen.duty, "feed").getAttribute("data-state") === "accepted" && await cell(seen.duty, "mqtt").getAttribute("data-state") === "accepted");
        await desk.picture(seen.duty, "failed");
        await desk.axe(seen.duty, "the board with a failed channel");
      }],
      ["[35] it sounds: the three rising tones", async () => {
        await within(RED_WITHIN_S, "three tones", async () => {
          const tones = (await seen.duty.evaluate(() => window.tones)).map((tone) => tone.hertz);
          return tones.some((hertz, at) => hertz < tones[at + 1] && tones[at + 1] < tones[at + 2]);
        });
        await within(RED_WITHIN_S, "the bar above every screen", async () => await seen.duty.getByTestId("alarm-bar").count() > 0);
      }],
      ["[35] it is tried again alone: the failed one is delivered, and nobody else hears of it twice", async () => {
        const before = await attempts(seen.duty, desk, seen.notice);
        const calls = [];
        const server = createServer((asked, answer) => {
          calls.push(asked.url);
          asked.resume();
          asked.on("end", () => answer.writeHead(204).end());
        });
        await new Promise((resolve, reject) => server.once("error", reject).listen(PORT, "127.0.0.1", resolve));
        try {
          await cell(seen.duty, "webhook:prefecture").getByTestId("retry").click();
          await within(IN_THE_END_S, "the accepted cell", async () => await cell(seen.duty, "webhook:prefecture").getAttribute("data-state") === "accepted");
          const after = await attempts(seen.duty, desk, seen.notice);
          must(calls.length === 1, `the webhook was called ${calls.length} times`);
          for (const channel of ["feed", "mqtt"]) must(after[channel] === before[channel], `${channel}: ${before[channel]} attempts before, ${after[channel]} after`);
        } finally {
          server.close();
        }
      }],
    ]],

    ["What a resident sees", [
      ["[12] level and instructions stand out as the law of reading asks, at a size for old eyes", async () => {
        for (const width of [1280, 320]) {
          const page = await desk.visitor({ offline: false, path: `/n/${seen.notice}`, viewport: { width, height: 800 } });
          const found = await page.evaluate(() => {
            const ground = (one) => {
              for (let at = one; at; at = at.parentElement) {
                const colour = getComputedStyle(at).backgroundColor;
                if (!/, 0\)$/.test(colour)) return colour;
              }
              return "rgb(255, 255, 255)";
            };
            const of = (one) => {
              const { color, fontSize, fontWeight } = getComputedStyle(one);
              return { text: one.textContent.trim().slice(0, 40), color, ground: ground(one), px: parseFloat(fontSize), weight: Number(fontWeight) };
            };
            return { levels: [...document.querySelectorAll("article.notice h1 b, article.notice h2 b")].map(of), todo: [...document.querySelectorAll("ul.todo li")].map(of) };
          });
          must(found.levels.length > 0 && found.todo.length > 0, `no level or no instructions: ${JSON.stringify(found)}`);
          for (const one of found.levels) must(ratio(one.color, one.ground) >= 4.5 && one.px >= 24 && one.weight >= 700, `${width}: ${JSON.stringify(one)}: ${ratio(one.color, one.ground).toFixed(1)}`);
          for (const one of found.todo) must(ratio(one.color, one.ground) >= 7, `${width}: ${JSON.stringify(one)}: ${ratio(one.color, one.ground).toFixed(1)}`);
          await page.context().close();
        }
      }],
    ]],

    ["The data of persons", [
      ["[66] a name, a telephone and a street that an officer notes down stay in the log of that desk", async () => {
        await desk.open(seen.duty, "timeline");
        await seen.duty.getByTestId("note-words").fill(`${CANARY.name} ${CANARY.telephone} ${CANARY.street}`);
        await seen.duty.getByTestId("note-send").click();
        await within(IN_THE_END_S, "the note", async () => await seen.duty.getByTestId("timeline-table").locator("tr[data-kind=note]").count() > 0);
      }],
      ["[66] no answer of console, wall, public page or feeds has them, nor anything like a telephone number or an address of mail", async () => {
        const open = await addresses(seen.approver, desk, seen.notice);
        const found = [];
        let read = 0;
        for (const path of open) {
          const answer = await desk.api(seen.approver, "GET", path);
          if (answer.status !== 200) {
            must(answer.status === 404 || answer.status === 403, `${path} answers ${answer.status}`);
            continue;
          }
          read += 1;
          const text = typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body);
          // The officers' own log has what they wrote; nothing else may.
          const isTheirs = /^\/api\/v1\/(timeline|audit|handover)/.test(path);
          for (const word of Object.values(CANARY)) if (text.includes(word) && !isTheirs) found.push(`${path}: ${word}`);
          const telephone = text.replaceAll(CANARY.telephone, "").match(/(?<![\d.:-])0\d{1,3}-\d{2,4}-\d{4}(?![\d-])/);
          if (telephone) found.push(`${path}: ${telephone[0]}`);
          const mail = text.match(/[\w.+-]+@(?!example\.)[\w-]+\.[\w.]+/g)?.find((one) => !/@example|bosai@/.test(one));
          if (mail) found.push(`${path}: ${mail}`);
        }
        desk.says(`${read} answers read`);
        must(read >= 35, `only ${read} answers were read`);
        must(found.length === 0, found.join("\n"));
      }],
      ["[66] who is not signed in gets nothing of the officers' answers", async () => {
        for (const path of ["/api/v1/timeline", "/api/v1/audit", "/api/v1/inbox", "/api/v1/handover", "/api/v1/wall", "/api/v1/situation"]) {
          const answer = await fetch(demo.origin() + path);
          must(answer.status === 401, `${path} answers ${answer.status}`);
        }
      }],
    ]],
  ];
}

async function attempts(page, desk, notice) {
  const { body } = await desk.api(page, "GET", "/api/v1/notices");
  return Object.fromEntries(body.rows.find((row) => row.id === notice).cells.map((one) => [one.channel, one.attempts]));
}

// Every address that may be read, with what is there now in its places.
async function addresses(page, desk, notice) {
  const { body: inbox } = await desk.api(page, "GET", "/api/v1/inbox");
  const { body: stations } = await desk.api(page, "GET", "/api/v1/stations");
  const { body: devices } = await desk.api(page, "GET", "/api/v1/devices");
  const first = (all) => Object.values(all).find(Array.isArray)?.[0] ?? {};
  const places = { recommendations: inbox.items[0]?.id, notices: notice, stations: first(stations).id, devices: first(devices).name, n: notice, cap: `${notice}.xml`, schema: "reading.v1.json", texts: "none" };
  const { body: form } = await desk.api(page, "GET", "/api/v1/judgements");
  // What cannot be asked without a question.
  const questions = { "/api/v1/recount": `?about=${encodeURIComponent(form.causes[0].about)}&level=4&areas=${form.areas[0].id}` };
  const listed = Object.entries(OPENAPI.paths).filter(([path, of]) => of.get && !/events$/.test(path)).map(([path]) => path.replace(/([^/]+)\/\{\w+\}/g, (_, of) => `${of}/${encodeURIComponent(places[of] ?? "none")}`) + (questions[path] ?? ""));
  return [...new Set([...listed, "/", `/n/${notice}`, `/cap/${notice}.xml`, "/feed.atom", "/plain/", "/plain/inbox", "/plain/published", "/wall/"])].filter((path) => !path.includes("{"));
}
