// The built program, run as a visitor runs it: `hinan demo`, on any free ports, with a data directory of its own.

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { must, within } from "./cases.mjs";

// The demo fits its models before it is ready; a debug build on a busy machine takes its time.
const READY_WITHIN_S = 420;

export class Demo {
  #process;
  #folder;
  #console = "";
  #ended = null;

  // `from`: the moment of the recorded event at which the paced replay begins; `speed`: how much faster than life; `begin`: the
  // moment at which the service begins, where the calm hours before are of no use; `config`: what a file of the town would say,
  // as TOML; `env`: more variables of the environment.
  constructor(program, { from, speed, begin, config, env = {} }) {
    this.#folder = mkdtempSync(join(tmpdir(), "hinan-walk-"));
    const args = [
      "demo", "--no-browser", "--from", from, "--speed", String(speed),
      "--http-port", "0", "--mqtt-port", "0", "--data-dir", join(this.#folder, "data"),
    ];
    if (begin) args.push("--begin", begin);
    if (config) {
      const file = join(this.#folder, "town.toml");
      writeFileSync(file, config);
      args.push("--config", file);
    }
    this.#process = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], cwd: this.#folder, env: { ...process.env, ...env } });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        // What a long run says is kept up to a limit; the accounts stand near the beginning.
        if (this.#console.length < 4_000_000) this.#console += text;
      });
    }
    this.#process.once("error", (error) => (this.#ended = `${program}: ${error.message}`));
    this.#process.once("exit", (code, signal) => (this.#ended ??= `ended with ${signal ?? code}`));
  }

  async ready() {
    await within(READY_WITHIN_S, "/readyz answers 200", async () => {
      must(this.#ended === null, `the demo ${this.#ended}:\n${this.tail()}`);
      const origin = this.origin();
      return origin !== null && (await fetch(`${origin}/readyz`)).status === 200;
    });
  }

  // Where the console says that the pages are; null until it has said so.
  origin() {
    return this.#console.match(/(http:\/\/127\.0\.0\.1:\d+)\/plain\//)?.[1] ?? null;
  }

  // Where its devices publish, as host and port.
  broker() {
    const found = this.#console.match(/broker: (127\.0\.0\.1:\d+)/)?.[1];
    must(found, `the console names no broker:\n${this.tail()}`);
    return found;
  }

  // The one-time account of an office, as the console prints it: name, password of three groups of four, office.
  account(user) {
    const line = this.#console.match(new RegExp(`^\\s*${user}\\s+([a-z0-9]{4}-[a-z0-9]{4}-[a-z0-9]{4})\\s`, "m"));
    must(line, `the console names no one-time account '${user}':\n${this.tail()}`);
    return { user, password: line[1] };
  }

  tail() {
    return this.#console.split("\n").slice(-25).join("\n");
  }

  // Silent without being gone, as a machine that hangs: nothing is answered and no connection ends.
  pause() {
    this.#process.kill("SIGSTOP");
  }

  resume() {
    this.#process.kill("SIGCONT");
  }

  alive() {
    return this.#ended === null;
  }

  // Ends it at once and at all costs; for a walk that breaks.
  kill() {
    if (this.alive()) this.#process.kill("SIGKILL");
    rmSync(this.#folder, { recursive: true, force: true });
  }

  // The process, for who measures its memory.
  pid() {
    return this.#process.pid;
  }

  // Asks it to stop, as Ctrl-C does; gives back its exit code.
  async stop() {
    let code = this.#process.exitCode;
    if (this.alive()) {
      const exited = new Promise((resolve) => this.#process.once("exit", resolve));
      this.#process.kill("SIGINT");
      const killer = setTimeout(() => this.#process.kill("SIGKILL"), 15_000);
      code = await exited;
      clearTimeout(killer);
    }
    rmSync(this.#folder, { recursive: true, force: true });
    return code;
  }
}
