// One answer of the server on screen: asked for by its tag, again when an event says that it may have changed, and
// kept for a reload without the server.

import { untrack } from "svelte";

import { ask, asProblem, type Problem } from "../api/client";
import { EVERYTHING, on } from "./bus";
import { clock } from "./clock.svelte";
import { connection } from "./connection.svelte";
import { keep, recall } from "./kept";

// The first event is followed at once; many in a moment lead to one more question.
const GATHER_MS = 400;
const AT_ONCE_MS = 15;

export class Resource<T> {
  data = $state.raw<T | undefined>(undefined);
  problem = $state.raw<Problem | undefined>(undefined);
  loading = $state(false);

  #path: string | null = null;
  #etag: string | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asked_ms = -Infinity;
  #asking = false;
  #again = false;
  #stops: (() => void)[] = [];
  #loaded: (() => void) | undefined;

  /** `kinds`: events after which it is asked again. `loaded` is called after each whole answer. */
  constructor(kinds: string[], loaded?: () => void) {
    this.#loaded = loaded;
    for (const kind of [...kinds, EVERYTHING]) this.#stops.push(on(kind, () => this.soon()));
  }

  /** Which address; another one drops what was known. `null`: none. */
  point(path: string | null): void {
    if (path === this.#path) return;
    this.#path = path;
    this.#etag = null;
    this.data = undefined;
    this.problem = undefined;
    if (path) void this.reload(false);
  }

  soon(): void {
    if (!this.#path || this.#timer !== undefined) return;
    const wait_ms = Math.max(AT_ONCE_MS, this.#asked_ms + GATHER_MS - performance.now());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#asked_ms = performance.now();
      void this.reload(true);
    }, wait_ms);
  }

  /** `auto`: nobody asked; it must not keep the session alive. */
  async reload(auto = false): Promise<void> {
    const path = this.#path;
    if (!path) return;
    if (this.#asking) {
      this.#again = true;
      return;
    }
    this.#asking = true;
    this.loading = this.data === undefined;
    try {
      const answer = await ask<T>(auto ? `${path}${path.includes("?") ? "&" : "?"}auto=1` : path, this.#etag);
      if (path !== this.#path) return;
      this.problem = undefined;
      if (answer) {
        this.data = answer.data;
        this.#etag = answer.etag;
        void keep({ path, data: answer.data, as_of_ms: clock.now });
      }
      this.#loaded?.();
    } catch (error) {
      if (path !== this.#path) return;
      const problem = asProblem(error);
      if (problem.unreachable && this.data === undefined) await this.#recall(path);
      this.problem = problem;
    } finally {
      this.#asking = false;
      this.loading = false;
      if (this.#again || path !== this.#path) {
        this.#again = false;
        void this.reload(true);
      }
    }
  }

  async #recall(path: string): Promise<void> {
    const kept = await recall(path);
    if (!kept || path !== this.#path || this.data !== undefined) return;
    this.data = kept.data as T;
    connection.shownFromStore(kept.as_of_ms);
  }

  stop(): void {
    clearTimeout(this.#timer);
    for (const stop of this.#stops) stop();
    this.#path = null;
  }
}

/** For a component: follows `path()` while the component lives. */
export function resource<T>(path: () => string | null, kinds: string[]): Resource<T> {
  const made = new Resource<T>(kinds);
  $effect(() => {
    const next = path();
    untrack(() => made.point(next));
  });
  $effect(() => () => made.stop());
  return made;
}
