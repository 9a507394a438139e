// From a gauge to a figure on the screen, one at a time and in a storm.

import { must, within } from "../cases.mjs";
import { Device } from "./mqtt.mjs";

const TOPIC = "hinan/v1/readings";
const READINGS = 100;
const FIGURE_WITHIN_MS = 1_000;
const STORM = { readings: 1_000, seconds: 10 };
const FRAME_MS = 200;
const SPOKEN_EACH_MS = 5_000;

export async function stories(demo, desk) {
  const seen = {};
  return [
    ["A reading", [
      ["the situation shows gauges with their figures", async () => {
        seen.page = await desk.officer("duty", { offline: false });
        await desk.paced(seen.page);
        await within(60, "a gauge with a figure", async () => await seen.page.getByTestId("gauge-level").count() > 3);
        seen.gauges = await seen.page.locator("[data-testid=gauge-table] tr[data-gauge]:has([data-testid=gauge-level])").evaluateAll((rows) => rows.map((row) => row.getAttribute("data-gauge")));
      }],
      [`[4] posted by MQTT changes the figure within ${FIGURE_WITHIN_MS} ms (p95 of ${READINGS})`, async () => {
        const gauge = seen.gauges[0];
        // A device speaks for the station that it names itself after.
        const device = await speaker(demo, gauge);
        const base = await newest(seen.page, desk, gauge);
        const times = [];
        let missed = 0;
        for (let n = 0; n < READINGS; n += 1) {
          const level_m = Number((base + 0.01 * (1 + (n % 3))).toFixed(2));
          const at = await eventNow(seen.page);
          const told = seen.page.evaluate(([gauge, text]) => new Promise((resolve, reject) => {
            const row = document.querySelector(`tr[data-gauge="${gauge}"] [data-testid=gauge-level]`);
            const late = setTimeout(() => reject(new Error(`it shows ${row?.textContent}, not ${text}`)), 4_000);
            const look = () => {
              if (document.querySelector(`tr[data-gauge="${gauge}"] [data-testid=gauge-level]`)?.textContent === text) {
                clearTimeout(late);
                requestAnimationFrame(() => resolve(performance.timeOrigin + performance.now()));
              } else requestAnimationFrame(look);
            };
            look();
          }), [gauge, level_m.toFixed(2)]);
          const began = performance.timeOrigin + performance.now();
          // The gauge's own device may say something newer in between; then this one is never shown.
          const shown = told.catch(() => null);
          await device.publish(`${TOPIC}/${gauge}`, JSON.stringify({ at, level_m }));
          const moment = await shown;
          if (moment === null) missed += 1;
          else times.push(moment - began);
          // The event's clock has whole seconds, and a second reading for one time changes nothing.
          await new Promise((resolve) => setTimeout(resolve, 120));
        }
        times.sort((one, other) => one - other);
        const p = (share) => Math.round(times[Math.min(times.length - 1, Math.floor(times.length * share))]);
        desk.says(`MQTT to pixel: median ${p(0.5)} ms, p95 ${p(0.95)} ms, longest ${p(1)} ms`);
        device.close();
        must(missed <= READINGS / 20, `${missed} readings were never shown`);
        must(p(0.95) < FIGURE_WITHIN_MS, `p95 is ${p(0.95)} ms`);
      }],
    ]],
    ["A storm", [
      [`[5] ${STORM.readings} readings in ${STORM.seconds} s: no frame longer than ${FRAME_MS} ms, and the last value is right`, async () => {
        const some = seen.gauges.slice(0, 10);
        const bases = await Promise.all(some.map((gauge) => newest(seen.page, desk, gauge)));
        const devices = await Promise.all(some.map((gauge) => speaker(demo, gauge)));
        await seen.page.evaluate(() => {
          window.frames = [];
          window.spoken = [];
          let before = performance.now();
          const frame = (now) => {
            window.frames.push(now - before);
            before = now;
            window.storm = requestAnimationFrame(frame);
          };
          requestAnimationFrame(frame);
          new MutationObserver(() => window.spoken.push(performance.now())).observe(document.querySelector("[data-testid=live-polite]"), { childList: true, characterData: true, subtree: true });
        });
        const each = STORM.readings / some.length;
        const start = Date.parse(await eventNow(seen.page));
        const last = [];
        await Promise.all(some.map(async (gauge, index) => {
          for (let n = 0; n < each; n += 1) {
            const level_m = Number((bases[index] + 0.01 * (n % 4)).toFixed(2));
            // Event times stay behind the event's clock, one for each reading.
            const at = new Date(start + Math.floor((n * STORM.seconds * 1_000) / each) * 10).toISOString();
            last[index] = level_m;
            await devices[index].publish(`${TOPIC}/${gauge}`, JSON.stringify({ at, level_m }));
            await new Promise((resolve) => setTimeout(resolve, (STORM.seconds * 1_000) / each - 5));
          }
        }));
        await within(10, "the last values", async () => {
          const texts = await seen.page.evaluate((some) => some.map((gauge) => document.querySelector(`tr[data-gauge="${gauge}"] [data-testid=gauge-level]`)?.textContent), some);
          return texts.every((text, index) => text === last[index].toFixed(2));
        });
        const frames = await seen.page.evaluate(() => window.frames.slice(5));
        const longest = Math.round(Math.max(...frames));
        desk.says(`${frames.length} frames, the longest ${longest} ms`);
        for (const device of devices) device.close();
        must(longest <= FRAME_MS, `a frame took ${longest} ms`);
      }],
      ["[65] a screen reader hears at most one sentence in five seconds", async () => {
        const spoken = await seen.page.evaluate(() => window.spoken);
        for (let n = 1; n < spoken.length; n += 1) must(spoken[n] - spoken[n - 1] >= SPOKEN_EACH_MS - 100, `two sentences within ${Math.round(spoken[n] - spoken[n - 1])} ms`);
      }],
    ]],
  ];
}

// Speaks as the device of a station. The simulated one takes the name back when it has something to say; then it is
// taken again, as often as it has.
const TURNS = 6;
async function speaker(demo, gauge) {
  let device = await Device.at(demo.broker(), gauge);
  return {
    publish: async (topic, payload) => {
      for (let turn = 1; ; turn += 1) {
        try {
          return await device.publish(topic, payload);
        } catch (error) {
          if (turn === TURNS) throw error;
          await new Promise((resolve) => setTimeout(resolve, 200 * turn));
          device = await Device.at(demo.broker(), gauge);
        }
      }
    },
    close: () => device.close(),
  };
}

async function newest(page, desk, gauge) {
  const { body } = await desk.api(page, "GET", "/api/v1/situation");
  return body.gauges.find((one) => one.id === gauge).level_m;
}

// The event's own time, as the server tells it.
async function eventNow(page) {
  return await page.evaluate(async () => (await (await fetch("/api/v1/status?auto=1")).json()).server_time);
}
