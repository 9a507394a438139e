// The sounds, made in the browser: classes differ by rhythm and pitch. They need one press by a person first.

import type { AlarmClass } from "../api/types";

export type SoundState = "off" | "on" | "muted";

const MUTE_MS = 600_000;
/** One tone: its pitch, when it begins and how long it is. */
interface Tone {
  hertz: number;
  from_s: number;
  length_s: number;
}

// Three rising tones, 2 s in all; one tone; a short double for the test.
const TONES: Record<AlarmClass | "test", Tone[]> = {
  act_now: [
    { hertz: 660, from_s: 0, length_s: 0.5 },
    { hertz: 880, from_s: 0.6, length_s: 0.5 },
    { hertz: 1175, from_s: 1.2, length_s: 0.8 },
  ],
  act_soon: [{ hertz: 520, from_s: 0, length_s: 0.7 }],
  know: [],
  test: [
    { hertz: 520, from_s: 0, length_s: 0.12 },
    { hertz: 780, from_s: 0.16, length_s: 0.12 },
  ],
};
const LOUDNESS = 0.35;
// Soft edges, so that a tone is no click.
const EDGE_S = 0.02;

let context: AudioContext | null = null;
let running = $state(false);
let mutedUntil = $state(0);
let counter = $state(0);

function watch(): void {
  running = context?.state === "running";
}

export const sound = {
  get state(): SoundState {
    if (!running) return "off";
    return mutedUntil > performance.now() ? "muted" : "on";
  },
  /** How many times it has sounded since the page was opened. */
  get played(): number {
    return counter;
  },
  /** Must be called from a press of a person; plays the test tone. */
  async arm(): Promise<void> {
    try {
      context ??= new AudioContext();
      context.onstatechange = watch;
      await context.resume();
    } catch {
      context = null;
    }
    watch();
    mutedUntil = 0;
    if (running) play("test");
  },
  /** Silence for ten minutes; who asked for it is put on record by the caller. */
  mute(): void {
    mutedUntil = performance.now() + MUTE_MS;
    setTimeout(() => (mutedUntil = 0), MUTE_MS);
  },
  unmute(): void {
    mutedUntil = 0;
  },
  play(kind: AlarmClass): boolean {
    watch();
    if (sound.state !== "on") return false;
    play(kind);
    counter += 1;
    return true;
  },
};

function play(kind: AlarmClass | "test"): void {
  if (!context) return;
  const begin = context.currentTime + 0.01;
  for (const { hertz, from_s, length_s } of TONES[kind]) {
    const tone = context.createOscillator();
    const loud = context.createGain();
    const from = begin + from_s;
    const to = from + length_s;
    tone.type = "triangle";
    tone.frequency.value = hertz;
    loud.gain.setValueAtTime(0, from);
    loud.gain.linearRampToValueAtTime(LOUDNESS, from + EDGE_S);
    loud.gain.setValueAtTime(LOUDNESS, to - EDGE_S);
    loud.gain.linearRampToValueAtTime(0, to);
    tone.connect(loud).connect(context.destination);
    tone.start(from);
    tone.stop(to);
  }
}
