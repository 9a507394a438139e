// Whether this machine draws the map fast enough to draw it for every frame of a movement. Pure; the clock is given.

// Above this a hand sees the steps: half of what a frame may take at most.
const SLOW_MS = 32;
// One slow picture may have come from something else.
const SLOW_MOST = 2;

export class Pace {
  #last_ms: number | null = null;
  #slow = 0;

  /** A picture was drawn at this moment of a movement. */
  drawn(now_ms: number): void {
    if (this.#last_ms !== null) {
      if (now_ms - this.#last_ms > SLOW_MS) this.#slow += 1;
      else if (!this.isSlow) this.#slow = 0;
    }
    this.#last_ms = now_ms;
  }

  /** The movement ended: the time to the next one says nothing. */
  rest(): void {
    this.#last_ms = null;
  }

  /** Another size of the map is another pace. */
  forget(): void {
    this.#slow = 0;
    this.#last_ms = null;
  }

  get isSlow(): boolean {
    return this.#slow >= SLOW_MOST;
  }
}
