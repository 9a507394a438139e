// The officers' console, checked in Chromium against the demo: each sentence carries the number of the check that it
// proves (docs/console-checks.md). The whole suite runs twice: as the browser comes, and with WebGL switched off.
//
//   HINAN_BIN=target/debug/hinan node tests/browser/console/run.mjs [--without-webgl | --with-webgl] [FILE...]
//
// HINAN_BIN       the built program, with its console; default: target/debug/hinan, else target/release/hinan
// HINAN_CHROMIUM  the browser; default: chromium
// HINAN_PICTURES  folder for screenshots; default: target/browser/console
// HINAN_CONSOLE_DIST  a built console to serve in place of the program's own, while working on it
// --without-webgl, --with-webgl   only that way
// FILE            only these files of this folder, such as decide.mjs

import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { chromium } from "playwright-core";

import { Cases, must } from "../cases.mjs";
import { Demo } from "../demo.mjs";
import { Desk } from "./desk.mjs";
import { door } from "./door.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = resolve(HERE, "../../..");
// The hours before `from` pass in seconds; then an event minute takes three seconds.
const NIGHT = { from: "2016-08-30T23:00:00+09:00", speed: 20 };
// A file that kills its server, or spends its recommendations, has a demo of its own.
const LIMIT_MIN = 40;
const MODES = {
  "without WebGL": ["--disable-gpu", "--disable-3d-apis"],
  "as it comes": [],
};
const COMMON = [
  "--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
  // Sounds need a press by a person; here nobody hears them, and the audio still runs.
  "--mute-audio",
];
const NOT_STORIES = new Set(["run.mjs", "desk.mjs", "door.mjs", "mqtt.mjs", "pictures.mjs", "pixels.mjs"]);

const asked = process.argv.slice(2).filter((word) => !word.startsWith("--"));
const only = process.argv.includes("--with-webgl") ? "as it comes" : process.argv.includes("--without-webgl") ? "without WebGL" : null;
const modes = () => Object.entries(MODES).filter(([mode]) => only === null || mode === only);

let demo = null;
let browser = null;
let opened = null;

async function main() {
  const watchdog = setTimeout(() => die(`the checks took more than ${LIMIT_MIN} minutes`), LIMIT_MIN * 60_000);
  const pictures = resolve(process.env.HINAN_PICTURES ?? join(ROOT, "target/browser/console"));
  mkdirSync(pictures, { recursive: true });
  const cases = new Cases();
  const files = readdirSync(HERE).filter((name) => name.endsWith(".mjs") && !NOT_STORIES.has(name) && (asked.length === 0 || asked.includes(name))).sort();
  must(files.length > 0, `nothing to run among ${asked.join(", ")}`);
  try {
    for (const [mode, args] of modes()) {
      for (const file of files) {
        const { stories } = await import(pathToFileURL(join(HERE, file)).href);
        demo = new Demo(builtProgram(), NIGHT);
        await demo.ready();
        browser = await chromium.launch({ executablePath: process.env.HINAN_CHROMIUM ?? "/usr/bin/chromium", args: [...COMMON, ...args] });
        opened = process.env.HINAN_CONSOLE_DIST ? await door(resolve(process.env.HINAN_CONSOLE_DIST), demo.origin()) : null;
        const desk = new Desk(browser, demo, pictures, `${basename(file, ".mjs")}${mode === "without WebGL" ? "" : "-webgl"}`, opened?.origin);
        console.log(`\n== ${file}, ${mode}`);
        for (const [title, steps] of await stories(demo, desk)) await cases.story(title, steps);
        await cases.story("On the way", desk.always());
        await leave();
      }
    }
  } finally {
    await leave();
    clearTimeout(watchdog);
  }
  process.exitCode = cases.close() ? 0 : 1;
}

async function leave() {
  await browser?.close().catch(() => {});
  browser = null;
  opened?.shut();
  opened = null;
  await demo?.stop();
  demo = null;
}

function die(why) {
  console.error(`\nconsole checks: ${why}`);
  if (demo) console.error(`the demo said last:\n${demo.tail()}`);
  leave().finally(() => process.exit(1));
}

function builtProgram() {
  const named = process.env.HINAN_BIN;
  const candidates = named ? [resolve(named)] : ["debug", "release"].map((kind) => join(ROOT, "target", kind, "hinan"));
  const found = candidates.find((path) => existsSync(path));
  must(found, `no built program at ${candidates.join(" or ")}; run: cargo build --bin hinan`);
  return found;
}

process.on("exit", () => demo?.kill());
process.on("uncaughtException", (error) => die(error?.stack ?? error));
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => die(`stopped by ${signal}`));
main().catch((error) => die(error?.stack ?? error));
