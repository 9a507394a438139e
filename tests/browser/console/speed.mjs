// From a gauge to a figure on the screen, one at a time and in a storm.

import { IN_THE_END_S, must, within } from "../cases.mjs";
import { percentile, tried } from "./measure.mjs";
import { Device } from "./mqtt.mjs";

// Times and frames: wants a quiet machine.
export const measures = true;

const TRIES = 3;
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
        await within(IN_THE_END_S, "a gauge with a figure", async () => await seen.page.getByTestId("gauge-level").count() > 3);
        seen.gauges = await seen.page.locator("[data-testid=gauge-table] tr[data-gauge]:has([data-testid=gauge-level])").evaluateAll((rows) => rows.map((row) => row.getAttribute("data-gauge")));
      }],
      [`[4] posted by MQTT changes the figure within ${FIGURE_WITHIN_MS} ms (p95 of ${READINGS}, best of ${TRIES})`, async () => {
        const all = await tried(TRIES, () => oneByOne(seen.page, demo, desk, seen.gauges[0]), ({ missed, times }) => missed <= READINGS / 20 && percentile(times, 0.95) < FIGURE_WITHIN_MS);
        for (const { times, missed } of all) desk.says(`MQTT to pixel: median ${percentile(times, 0.5)} ms, p95 ${percentile(times, 0.95)} ms, longest ${percentile(times, 1)} ms; ${missed} of ${READINGS} never shown`);
        const { missed, times } = all.at(-1);
        must(missed <= READINGS / 20, `${missed} readings were never shown`);
        must(percentile(times, 0.95) < FIGURE_WITHIN_MS, `p95 is ${percentile(times, 0.95)} ms`);
      }],
    ]],
    ["A storm", [
      [`[5] ${STORM.readings} readings in ${STORM.seconds} s: no frame longer than ${FRAME_MS} ms (best of ${TRIES}), and the last value is right`, async () => {
        await seen.page.evaluate(() => {
          window.spoken = [];
          new MutationObserver(() => window.spoken.push(performance.now())).observe(document.querySelector("[data-testid=live-polite]"), { childList: true, characterData: true, subtree: true });
        });
        const all = await tried(TRIES, () => storm(seen.page, demo, desk, seen.gauges.slice(0, 10)), ({ longest }) => longest <= FRAME_MS);
        for (const { frames, longest } of all) desk.says(`${frames} frames, the longest ${longest} ms`);
        must(all.at(-1).longest <= FRAME_MS, `a frame took ${all.at(-1).longest} ms`);
      }],
      ["[65] a screen reader hears at most one sentence in five seconds", async () => {
        const spoken = await seen.page.evaluate(() => window.spoken);
        for (let n = 1; n < spoken.length; n += 1) must(spoken[n] - spoken[n - 1] >= SPOKEN_EACH_MS - 100, `two sentences within ${Math.round(spoken[n] - spoken[n - 1])} ms`);
      }],
    ]],
  ];
}

// Readings of one gauge, one after the other: how long each takes to the screen.
async function oneByOne(page, demo, desk, gauge) {
  // A device speaks for the station that it names itself after.
  const device = await speaker(demo, gauge);
  const base = await newest(page, desk, gauge);
  const times = [];
  let missed = 0;
  for (let n = 0; n < READINGS; n += 1) {
    const level_m = Number((base + 0.01 * (1 + (n % 3))).toFixed(2));
    const at = await eventNow(page);
    const shown = page.evaluate(([gauge, text]) => new Promise((resolve) => {
      // The gauge's own device may say something newer in between; then this one is never shown.
      const late = setTimeout(() => resolve(null), 4_000);
      const look = () => {
        if (document.querySelector(`tr[data-gauge="${gauge}"] [data-testid=gauge-level]`)?.textContent === text) {
          clearTimeout(late);
          requestAnimationFrame(() => resolve(performance.timeOrigin + performance.now()));
        } else requestAnimationFrame(look);
      };
      look();
    }), [gauge, level_m.toFixed(2)]);
    const began = performance.timeOrigin + performance.now();
    await device.publish(`${TOPIC}/${gauge}`, JSON.stringify({ at, level_m }));
    const moment = await shown;
    if (moment === null) missed += 1;
    else times.push(moment - began);
    // The event's clock has whole seconds, and a second reading for one time changes nothing.
    await new Promise((resolve) => setTimeout(resolve, 120));
  }
  device.close();
  return { times, missed };
}

// A thousand readings of ten gauges in ten seconds: the frames of the screen meanwhile; the last values must stand there in the end.
async function storm(page, demo, desk, some) {
  const bases = await Promise.all(some.map((gauge) => newest(page, desk, gauge)));
  const devices = await Promise.all(some.map((gauge) => speaker(demo, gauge)));
  await page.evaluate(() => {
    window.frames = [];
    cancelAnimationFrame(window.storm ?? 0);
    let before = performance.now();
    const frame = (now) => {
      window.frames.push(now - before);
      before = now;
      window.storm = requestAnimationFrame(frame);
    };
    window.storm = requestAnimationFrame(frame);
  });
  const each = STORM.readings / some.length;
  const start = Date.parse(await eventNow(page));
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
  await within(IN_THE_END_S, "the last values", async () => {
    const texts = await page.evaluate((some) => some.map((gauge) => document.querySelector(`tr[data-gauge="${gauge}"] [data-testid=gauge-level]`)?.textContent), some);
    return texts.every((text, index) => text === last[index].toFixed(2));
  });
  const frames = await page.evaluate(() => {
    cancelAnimationFrame(window.storm);
    return window.frames.slice(5);
  });
  for (const device of devices) device.close();
  return { frames: frames.length, longest: Math.round(Math.max(...frames)) };
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
