// Brings alarms to eye, ear and screen reader.

import type { Alarm } from "../api/types";
import { send } from "../api/client";
import { language } from "../i18n/index.svelte";
import { clock } from "../state/clock.svelte";
import { alarms } from "../state/desk.svelte";
import { announcer } from "./announce.svelte";
import { SoundPlan } from "./plan";
import { sound } from "./sound.svelte";

// A new alarm must be heard within 1.5 s of its cause.
const LOOK_MS = 500;
const MUTE_MIN = 10;

const plan = new SoundPlan();
const told = new Set<string>();
let flood = $state(false);

/** It rests until the moment to which somebody deferred it. */
export function rests(alarm: Alarm): boolean {
  return alarm.rests_until !== null && Date.parse(alarm.rests_until) > clock.now;
}

/** What needs an answer now, most pressing first. */
export function pressing(all: Alarm[] | undefined): Alarm[] {
  return (all ?? []).filter((alarm) => alarm.class !== "know" && !alarm.acknowledged && !rests(alarm))
    .toSorted((one, other) => rank(one) - rank(other) || one.since.localeCompare(other.since));
}

function rank(alarm: Alarm): number {
  return alarm.class === "act_now" ? 0 : 1;
}

function look(): void {
  const all = alarms.data?.alarms ?? [];
  const now = performance.now();
  for (const sounding of plan.due(all, now, rests)) sound.play(sounding.class);
  flood = plan.flood(now);
  for (const alarm of pressing(all)) {
    const key = `${alarm.key} ${alarm.class}`;
    if (told.has(key)) continue;
    told.add(key);
    const text = language.current === "en" ? (alarm.text.en ?? alarm.text.ja) : alarm.text.ja;
    announcer.say(text, alarm.class === "act_now");
  }
  if (told.size > 2_000) told.clear();
}

export const alarmWatch = {
  get flood(): boolean {
    return flood;
  },
  start(): () => void {
    const timer = setInterval(look, LOOK_MS);
    return () => clearInterval(timer);
  },
  async acknowledge(alarm: Alarm): Promise<void> {
    await send("POST", `/api/v1/alarms/${encodeURIComponent(alarm.key)}/acknowledge`);
    await alarms.reload();
  },
  /** Ten minutes without sound on this machine. It is done only if the record takes the name. */
  async mute(): Promise<void> {
    await send("POST", "/api/v1/alarms/mute", { minutes: MUTE_MIN });
    sound.mute();
  },
};
