// The demo, walked through in Chromium from the first calm page to a lifted notice, without a script on any page.
//
//   HINAN_BIN=target/debug/hinan node tests/browser/run.mjs
//
// HINAN_BIN       the built program; default: target/debug/hinan, else target/release/hinan
// HINAN_CHROMIUM  the browser; default: chromium
// HINAN_PICTURES  folder for screenshots; default: target/browser

import { accessSync, constants, existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { delimiter, dirname, isAbsolute, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";

import { Cases, must } from "./cases.mjs";
import { Demo } from "./demo.mjs";
import { Eyes } from "./page.mjs";
import { stories } from "./stories.mjs";

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
// The hours before `from` pass in seconds. From then on the event is slow enough to read a page before it changes.
const NIGHT = { from: "2016-08-30T23:00:00+09:00", speed: 20 };
// No run of this walk may hang.
const LIMIT_MIN = 30;

let demo = null;
let browser = null;

async function main() {
  const watchdog = setTimeout(() => die(`the walk took more than ${LIMIT_MIN} minutes`), LIMIT_MIN * 60_000);
  const pictures = resolve(process.env.HINAN_PICTURES ?? join(ROOT, "target/browser"));
  clearPictures(pictures);
  const cases = new Cases();
  try {
    demo = new Demo(builtProgram(), NIGHT);
    await demo.ready();
    browser = await chromium.launch({
      executablePath: onPath(process.env.HINAN_CHROMIUM ?? "chromium"),
      args: [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
      ],
    });
    const eyes = new Eyes(browser, demo.origin(), pictures);
    for (const [title, steps] of stories(demo, eyes)) await cases.story(title, steps);
  } finally {
    await leave();
    clearTimeout(watchdog);
  }
  process.exitCode = cases.close() ? 0 : 1;
}

async function leave() {
  await browser?.close().catch(() => {});
  await demo?.stop();
}

function die(why) {
  console.error(`\nbrowser walk: ${why}`);
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

function onPath(name) {
  const candidates = isAbsolute(name) ? [name] : process.env.PATH.split(delimiter).map((folder) => join(folder, name));
  const found = candidates.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
  must(found, `no browser '${name}'; install Debian's chromium or set HINAN_CHROMIUM`);
  return found;
}

// Pictures of an earlier run must not be taken for those of this one.
function clearPictures(folder) {
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder)) {
    if (/^\d\d-.*\.png$/.test(name)) rmSync(join(folder, name));
  }
}

process.on("exit", () => demo?.kill());
process.on("uncaughtException", (error) => die(error?.stack ?? error));
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => die(`stopped by ${signal}`));
main().catch((error) => die(error?.stack ?? error));
