// One thing that an officer asks the server to do: once at a time, and what was refused stays on screen until the next try.

import { asProblem, type Problem } from "../api/client";

export class Attempt {
  busy = $state(false);
  problem = $state.raw<Problem | null>(null);

  /** Does it, unless it is being done already. What fails is in `problem`; nothing is thrown. */
  async run(what: () => Promise<unknown>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.problem = null;
    try {
      await what();
    } catch (error) {
      this.problem = asProblem(error);
    } finally {
      this.busy = false;
    }
  }
}
