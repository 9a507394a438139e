// Figures on a machine that also does other things: the best of a few tries counts, all of them are told, and so is how busy it was.

import { cpus, loadavg } from "node:os";

// Tries again only while none was good enough.
export async function tried(tries, once, isGood) {
  const all = [];
  for (let turn = 0; turn < tries; turn += 1) {
    all.push(await once(turn));
    if (isGood(all.at(-1))) break;
  }
  return all;
}

// One of the sorted figures: `share` of the others is below it.
export function percentile(figures, share) {
  const sorted = figures.toSorted((one, other) => one - other);
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN);
}

// What must stand beside a figure: more work waiting than there are processors makes it an upper bound, and no more.
export function busy() {
  const [minute, five] = loadavg();
  const n = cpus().length;
  const words = `load ${minute.toFixed(1)} (5 minutes: ${five.toFixed(1)}) on ${n} processors`;
  return minute > n * 1.5 ? `${words}: THE MACHINE IS BUSY, the figures are upper bounds` : words;
}
