// A room full of consoles, and a machine that is slow.

import { IN_THE_END_S, must, within } from "../cases.mjs";
import { percentile, tried } from "./measure.mjs";
import { Device } from "./mqtt.mjs";

// Times: wants a quiet machine.
export const measures = true;

const CONSOLES = 50;
// One session listens at most so often.
const EARS_OF_A_SESSION = 7;
const READINGS = 60;
const WRITTEN_TO_HEARD_P95_MS = 1_000;
const WRITTEN_TO_PIXEL_P95_MS = 150;
const SLOWER = 4;
// 10 Mbit/s each way, as over a line from home.
const LINE = { offline: false, latency: 5, downloadThroughput: 1_250_000, uploadThroughput: 1_250_000 };
const SOON = { "as it is": { paint: 1_000, inbox: 1_500, map: 2_500 }, "four times slower, 10 Mbit/s": { paint: 1_500, inbox: 2_500, map: 4_000 } };
const TRIES = 3;

// Streams of pages that were loaded again count until the server finds that nobody reads them.
export const night = { config: "web.listeners_max = 200\n" };
// Nothing here depends on how the map is drawn.
export const modes = ["without WebGL"];

export async function stories(demo, desk) {
  const seen = {};
  return [
    ["How soon", Object.entries(SOON).map(([how, limits]) => [`[2] ${how}: first paint within ${limits.paint}, inbox usable within ${limits.inbox}, map complete within ${limits.map} ms (best of ${TRIES})`, async () => {
      const page = await desk.officer("duty", { offline: false });
      await desk.recommendation(page);
      await desk.open(page, "situation");
      const cdp = await page.context().newCDPSession(page);
      await cdp.send("Network.enable");
      if (how !== "as it is") {
        await cdp.send("Network.emulateNetworkConditions", LINE);
        await cdp.send("Emulation.setCPUThrottlingRate", { rate: SLOWER });
      }
      const all = [];
      for (let turn = 0; turn < TRIES; turn += 1) {
        // Nothing from the cache: as on the first morning.
        await cdp.send("Network.clearBrowserCache");
        await page.reload({ waitUntil: "commit" });
        await page.waitForFunction(() => document.querySelector("[data-testid=inbox-item]"), null, { polling: "raf", timeout: 60_000 });
        const inbox = await page.evaluate(() => performance.now());
        await page.waitForFunction(() => document.querySelector("[data-testid=map][data-complete=true]"), null, { polling: "raf", timeout: 60_000 });
        const map = await page.evaluate(() => performance.now());
        const paint = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? NaN);
        all.push({ paint, inbox, map });
      }
      const best = (what) => Math.round(Math.min(...all.map((one) => one[what])));
      desk.says(`${Object.keys(limits).map((what) => `${what} ${all.map((one) => Math.round(one[what])).join(", ")} ms (limit ${limits[what]})`).join("; ")}`);
      await page.context().close();
      for (const [what, limit] of Object.entries(limits)) must(best(what) < limit, `${what}: the best of ${TRIES} is ${best(what)} ms`);
    }])],

    [`${CONSOLES} consoles`, [
      ["they all listen", async () => {
        seen.page = await desk.officer("duty", { offline: false });
        await desk.paced(seen.page);
        await within(IN_THE_END_S, "a gauge with a figure", async () => await seen.page.getByTestId("gauge-level").count() > 3);
        seen.ears = [];
        while (seen.ears.length < CONSOLES - 1) {
          const cookie = await session(demo);
          const more = Math.min(EARS_OF_A_SESSION, CONSOLES - 1 - seen.ears.length);
          seen.ears.push(...await Promise.all(Array.from({ length: more }, () => listener(demo.origin(), cookie))));
        }
        await within(IN_THE_END_S, "the first word on each", async () => seen.ears.every((one) => one.bytes > 0));
      }],
      [`a reading is heard on each within ${WRITTEN_TO_HEARD_P95_MS} ms, and is on the screen of one within ${WRITTEN_TO_PIXEL_P95_MS} ms of the server's word (p95 of ${READINGS}, best of ${TRIES})`, async () => {
        const gauge = await seen.page.locator("[data-testid=gauge-table] tr[data-gauge]:has([data-testid=gauge-level])").first().getAttribute("data-gauge");
        const isGood = ({ heard, pixels, missed }) => missed <= READINGS / 20 && percentile(heard, 0.95) < WRITTEN_TO_HEARD_P95_MS && percentile(pixels, 0.95) < WRITTEN_TO_PIXEL_P95_MS;
        const all = await tried(TRIES, () => spread(seen, demo, desk, gauge), isGood);
        for (const { heard, pixels, missed } of all) {
          desk.says(`MQTT to ${CONSOLES - 1} listeners: median ${percentile(heard, 0.5)} ms, p95 ${percentile(heard, 0.95)} ms, longest ${percentile(heard, 1)} ms; the server's word to pixel: median ${percentile(pixels, 0.5)} ms, p95 ${percentile(pixels, 0.95)} ms; ${missed} of ${READINGS} not heard by everybody`);
        }
        for (const ear of seen.ears) ear.close();
        const { heard, pixels, missed } = all.at(-1);
        must(missed <= READINGS / 20, `${missed} readings were not heard by everybody`);
        must(percentile(heard, 0.95) < WRITTEN_TO_HEARD_P95_MS, `p95 to hear is ${percentile(heard, 0.95)} ms`);
        must(percentile(pixels, 0.95) < WRITTEN_TO_PIXEL_P95_MS, `p95 from word to pixel is ${percentile(pixels, 0.95)} ms`);
      }],
    ]],
  ];
}

// Readings one after the other, to every listener and to one screen.
async function spread(seen, demo, desk, gauge) {
  const { body } = await desk.api(seen.page, "GET", "/api/v1/situation");
  const base = body.gauges.find((one) => one.id === gauge).level_m;
  let device = await Device.at(demo.broker(), gauge);
  const heard = [];
  const pixels = [];
  let missed = 0;
  for (let n = 0; n < READINGS; n += 1) {
    const level_m = Number((base + 0.01 * (1 + (n % 3))).toFixed(2));
    const at = await seen.page.evaluate(async () => (await (await fetch("/api/v1/status?auto=1")).json()).server_time);
    for (const ear of seen.ears) ear.wait(gauge, at);
    const shown = seen.page.evaluate(([gauge, text]) => new Promise((resolve) => {
      const late = setTimeout(() => resolve(null), 3_000);
      const look = () => {
        if (document.querySelector(`tr[data-gauge="${gauge}"] [data-testid=gauge-level]`)?.textContent === text) {
          clearTimeout(late);
          requestAnimationFrame(() => resolve(performance.timeOrigin + performance.now()));
        } else requestAnimationFrame(look);
      };
      look();
    }), [gauge, level_m.toFixed(2)]);
    const began = performance.timeOrigin + performance.now();
    const reading = JSON.stringify({ at, level_m });
    // The gauge's own device takes its name back when it has something to say.
    await device.publish(`hinan/v1/readings/${gauge}`, reading).catch(async () => {
      device = await Device.at(demo.broker(), gauge);
      await device.publish(`hinan/v1/readings/${gauge}`, reading);
    });
    const moments = (await Promise.all(seen.ears.map((ear) => ear.told()))).filter(Boolean);
    const pixel = await shown;
    if (moments.length < CONSOLES - 1) missed += 1;
    else {
      heard.push(...moments.map((moment) => moment - began));
      if (pixel !== null) pixels.push(pixel - Math.min(...moments));
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  device.close();
  return { heard, pixels, missed };
}

// Signs in as a program does; the cookies of the session.
async function session(demo) {
  const answer = await fetch(`${demo.origin()}/api/v1/session`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ ...demo.account("duty"), code: "" }) });
  must(answer.ok, `signing in answers ${answer.status}: ${await answer.clone().text()}`);
  return answer.headers.getSetCookie().map((one) => one.split(";")[0]).join("; ");
}

// A console without a screen: it reads the stream and notes when a reading of a gauge arrives.
async function listener(origin, cookie) {
  const abort = new AbortController();
  const answer = await fetch(`${origin}/api/v1/events`, { headers: { Accept: "text/event-stream", Cookie: cookie }, signal: abort.signal });
  must(answer.status === 200, `the stream answers ${answer.status}`);
  const ear = {
    bytes: 0,
    wanted: null,
    wait(gauge, at) {
      ear.wanted = { gauge, at: Date.parse(at), heard: null, resolve: null };
    },
    told() {
      const { wanted } = ear;
      if (wanted.heard !== null) return Promise.resolve(wanted.heard);
      return new Promise((resolve) => {
        wanted.resolve = resolve;
        setTimeout(() => resolve(null), 3_000);
      });
    },
    close: () => abort.abort(),
  };
  void read(answer, ear).catch(() => {});
  return ear;
}

async function read(answer, ear) {
  let rest = "";
  for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {
    ear.bytes += chunk.length;
    rest += chunk;
    const events = rest.split("\n\n");
    rest = events.pop() ?? "";
    const { wanted } = ear;
    if (wanted === null || wanted.heard !== null) continue;
    if (!events.some((event) => event.includes(wanted.gauge) && event.includes("event: reading"))) continue;
    wanted.heard = performance.timeOrigin + performance.now();
    wanted.resolve?.(wanted.heard);
  }
}
