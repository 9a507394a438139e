// Eight hours of the night on one open console: what it keeps must not grow with what passes.

import { IN_THE_END_S, must, within } from "../cases.mjs";

// What a heap holds: slower on a busy machine, and no larger.
export const measures = true;

const SPEED = Number(process.env.HINAN_MEMORY_SPEED ?? 480);
const HOURS = 8;
const GROWTH_MAX_MB = 50;
const WARM_S = 12;

// Mostly waits: may run beside others.
export const patient = true;
// From the rise over the peak: the hours with the most events of the recording.
export const night = { begin: "2016-08-30T20:00:00+09:00", from: "2016-08-30T20:10:00+09:00", speed: SPEED };
export const modes = ["without WebGL"];

export async function stories(demo, desk) {
  const seen = {};
  return [
    ["Eight hours", [
      ["a console is open on the situation, and what it loads once is loaded", async () => {
        seen.page = await desk.officer("duty", { offline: false });
        await seen.page.getByTestId("gauge-table").waitFor();
        await within(IN_THE_END_S, "the map", async () => await seen.page.getByTestId("map").getAttribute("data-complete") === "true");
        seen.cdp = await seen.page.context().newCDPSession(seen.page);
        await seen.cdp.send("HeapProfiler.enable");
        await seen.page.evaluate(() => {
          window.heard = 0;
          new BroadcastChannel("hinan-stream").onmessage = ({ data }) => (window.heard += data.heard ? 1 : 0);
        });
        await seen.page.waitForTimeout(WARM_S * 1_000);
        seen.before = await kept(seen.cdp);
      }],
      [`[9] after ${HOURS} hours of events at ${SPEED} times their pace the heap has grown by less than ${GROWTH_MAX_MB} MB`, async () => {
        const from = await eventTime(seen.page);
        await within((HOURS * 3_600 / SPEED) * 1.5 + 60, `${HOURS} hours of the event`, async () => {
          await seen.page.waitForTimeout(2_000);
          return (await eventTime(seen.page)) - from >= HOURS * 3_600_000;
        });
        const after = await kept(seen.cdp);
        const heard = await seen.page.evaluate(() => window.heard);
        desk.says(`heap ${seen.before.heap_mb} MB before, ${after.heap_mb} MB after; elements ${seen.before.nodes} before, ${after.nodes} after; ${heard} events heard`);
        must(heard > 100, `only ${heard} events were heard`);
        must(after.heap_mb - seen.before.heap_mb < GROWTH_MAX_MB, `it grew by ${(after.heap_mb - seen.before.heap_mb).toFixed(1)} MB`);
        must(await seen.page.getByTestId("connection").getAttribute("data-state") === "live", "the stream is not read any more");
      }],
    ]],
  ];
}

// What is really held: after the rest was thrown away.
async function kept(cdp) {
  for (let turn = 0; turn < 3; turn += 1) await cdp.send("HeapProfiler.collectGarbage");
  const { usedSize } = await cdp.send("Runtime.getHeapUsage");
  const { nodes } = await cdp.send("Memory.getDOMCounters");
  return { heap_mb: Number((usedSize / 1e6).toFixed(1)), nodes };
}

async function eventTime(page) {
  return Date.parse(await page.evaluate(async () => (await (await fetch("/api/v1/status?auto=1")).json()).server_time));
}
