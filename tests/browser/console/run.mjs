// The officers' console, checked in Chromium against the demo: each sentence carries the number of the check that it
// proves (docs/console-checks.md). The whole suite runs twice: as the browser comes, and with WebGL switched off.
//
//   HINAN_BIN=target/debug/hinan node tests/browser/console/run.mjs [--without-webgl | --with-webgl] [--measuring | --walking] [FILE...]
//
// HINAN_BIN       the built program, with its console; default: target/debug/hinan, else target/release/hinan
// HINAN_CHROMIUM  the browser; default: chromium
// HINAN_PICTURES  folder for screenshots; default: target/browser/console
// HINAN_CONSOLE_DIST  a built console to serve in place of the program's own, while working on it
// HINAN_MEMORY_SPEED  how much faster than life the eight hours of memory.mjs pass; default: 480, which is one minute
// --without-webgl, --with-webgl   only that way
// --measuring     only the files that measure times and frames, which want a quiet machine: how busy it was stands beside their figures
// --walking       only the others
// FILE            only these files of this folder, such as decide.mjs

import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { chromium } from "playwright-core";

import { Cases, must } from "../cases.mjs";
import { Demo } from "../demo.mjs";
import { Desk } from "./desk.mjs";
import { door } from "./door.mjs";
import { busy } from "./measure.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = resolve(HERE, "../../..");
// The flood is under way from the first moment; an event minute takes three seconds. A file that wants another night, or another
// configuration, exports its own `night`.
const NIGHT = { begin: "2016-08-30T22:50:00+09:00", from: "2016-08-30T23:00:00+09:00", speed: 20 };
const LIMIT_MIN = 40;
const MODES = {
  "without WebGL": ["--disable-gpu", "--disable-3d-apis"],
  "as it comes": [],
};
const COMMON = [
  "--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
  // Sounds need a press by a person; here nobody hears them, and the audio still runs.
  "--mute-audio",
  // A name that is not loopback, so that the origin is one without TLS as in an office's network.
  "--host-resolver-rules=MAP town-hall.test 127.0.0.1",
];
const NOT_STORIES = new Set(["run.mjs", "desk.mjs", "door.mjs", "measure.mjs", "mqtt.mjs", "officers.mjs", "pictures.mjs", "pixels.mjs"]);

const asked = process.argv.slice(2).filter((word) => !word.startsWith("--"));
const only = process.argv.includes("--with-webgl") ? "as it comes" : process.argv.includes("--without-webgl") ? "without WebGL" : null;
const kind = process.argv.includes("--measuring") ? true : process.argv.includes("--walking") ? false : null;
const modes = () => Object.entries(MODES).filter(([mode]) => only === null || mode === only);

// How many files that mostly wait run beside each other.
const PATIENT_MOST = 3;

// Everything that must end when this ends.
const open = new Set();

async function main() {
  const watchdog = setTimeout(() => die(`the checks took more than ${LIMIT_MIN} minutes`), LIMIT_MIN * 60_000);
  const began = performance.now();
  const pictures = resolve(process.env.HINAN_PICTURES ?? join(ROOT, "target/browser/console"));
  mkdirSync(pictures, { recursive: true });
  const cases = new Cases();
  const names = readdirSync(HERE).filter((name) => name.endsWith(".mjs") && !NOT_STORIES.has(name) && (asked.length === 0 || asked.includes(name))).sort();
  must(names.length > 0, `nothing to run among ${asked.join(", ")}`);
  const all = await Promise.all(names.map(async (name) => ({ name, ...await import(pathToFileURL(join(HERE, name)).href) })));
  const files = all.filter(({ measures = false }) => kind === null || measures === kind);
  must(files.length > 0, `nothing to run among ${names.join(", ")}`);
  try {
    for (const [mode, args] of modes()) {
      const now = files.filter(({ modes }) => !modes || modes.includes(mode));
      // What waits for clocks runs side by side; what measures, or draws a lot, has the machine to itself.
      await beside(now.filter(({ patient }) => patient), PATIENT_MOST, (file) => walk(file, mode, args, pictures, cases));
      for (const file of now.filter(({ patient }) => !patient)) await walk(file, mode, args, pictures, cases);
    }
  } finally {
    await leave();
    clearTimeout(watchdog);
  }
  console.log(`\nin all ${seconds(began)} s; ${busy()}`);
  process.exitCode = cases.close() ? 0 : 1;
}

// One file in one way, with a demo and a browser of its own. What it says is said when it is over.
async function walk({ name, stories, night = {}, measures = false }, mode, args, pictures, all) {
  const began = performance.now();
  const lines = [];
  const cases = new Cases((line) => lines.push(line));
  const mine = [];
  const keep = (thing, end) => {
    const one = { thing, end };
    open.add(one);
    mine.push(one);
    return thing;
  };
  try {
    const demo = keep(new Demo(builtProgram(), { ...NIGHT, ...night }), (one) => one.stop());
    await demo.ready();
    const ready = seconds(began);
    const browser = keep(await chromium.launch({ executablePath: process.env.HINAN_CHROMIUM ?? "/usr/bin/chromium", args: [...COMMON, ...args] }), (one) => one.close());
    const opened = process.env.HINAN_CONSOLE_DIST ? keep(await door(resolve(process.env.HINAN_CONSOLE_DIST), demo.origin()), (one) => one.shut()) : null;
    const desk = new Desk(browser, demo, pictures, `${basename(name, ".mjs")}${mode === "without WebGL" ? "" : "-webgl"}`, opened?.origin, (line) => lines.push(line));
    lines.push(`\n== ${name}, ${mode} (the demo was ready after ${ready} s)`);
    for (const [title, steps] of await stories(demo, desk)) await cases.story(title, steps);
    await cases.story("On the way", desk.always());
  } catch (error) {
    // A file that could not even begin is one that failed; the others go on.
    await cases.story(`${name}, ${mode}`, [["begins", () => { throw error; }]]);
  } finally {
    for (const one of mine.reverse()) await leaveOne(one);
    lines.push(`        ${name} took ${seconds(began)} s${measures ? `; ${busy()}` : ""}`);
    console.log(lines.join("\n"));
    all.add(cases);
  }
}

async function beside(all, most, what) {
  const waiting = [...all];
  await Promise.all(Array.from({ length: most }, async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) await what(next);
  }));
}

async function leaveOne(one) {
  open.delete(one);
  await Promise.resolve(one.end(one.thing)).catch(() => {});
}

async function leave() {
  for (const one of [...open].reverse()) await leaveOne(one);
}

function die(why) {
  console.error(`\nconsole checks: ${why}`);
  for (const { thing } of open) if (thing instanceof Demo) console.error(`a demo said last:\n${thing.tail()}`);
  leave().finally(() => process.exit(1));
}

function seconds(began) {
  return Math.round((performance.now() - began) / 1000);
}

function builtProgram() {
  const named = process.env.HINAN_BIN;
  const candidates = named ? [resolve(named)] : ["debug", "release"].map((kind) => join(ROOT, "target", kind, "hinan"));
  const found = candidates.find((path) => existsSync(path));
  must(found, `no built program at ${candidates.join(" or ")}; run: cargo build --bin hinan`);
  return found;
}

process.on("exit", () => {
  for (const { thing } of open) if (thing instanceof Demo) thing.kill();
});
process.on("uncaughtException", (error) => die(error?.stack ?? error));
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => die(`stopped by ${signal}`));
main().catch((error) => die(error?.stack ?? error));
