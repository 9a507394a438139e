// Counts what was looked at. A story is a list of sentences with their proofs, in order; what comes later rests on
// what came before, so a story ends at its first failure and the rest of it counts as not reached.

export class Cases {
  #good = 0;
  #bad = 0;
  #left = 0;
  #say;

  // `say` writes a line; who runs several at once keeps the lines of each together.
  constructor(say = console.log) {
    this.#say = say;
  }

  // Adds what another looked at.
  add(other) {
    this.#good += other.#good;
    this.#bad += other.#bad;
    this.#left += other.#left;
  }

  // `steps`: pairs of a sentence and a function that throws when the sentence is not true.
  async story(title, steps) {
    this.#say(`\n${title}`);
    for (const [index, [sentence, proof]] of steps.entries()) {
      const began = performance.now();
      try {
        await proof();
      } catch (error) {
        this.#bad += 1;
        this.#left += steps.length - index - 1;
        this.#say(`  FAIL  ${sentence}\n        ${indented(error)}`);
        return;
      }
      this.#good += 1;
      this.#say(`  ok    ${sentence} (${Math.round(performance.now() - began)} ms)`);
    }
  }

  // Prints the sum, in the form that ./test reads, and tells whether everything was looked at and is true.
  close() {
    this.#say(`\ncases: ${this.#good} good, ${this.#bad} bad, ${this.#left} not reached`);
    return this.#bad === 0 && this.#left === 0;
  }
}

export function must(condition, otherwise) {
  if (!condition) throw new Error(otherwise);
}

// For what must come, however slow the machine is: when it has not come by then it does not come. What must come soon has a limit
// of its own, which is the promise.
export const IN_THE_END_S = 90;

// Asks until the answer is yes, at most for `seconds`.
export async function within(seconds, what, answer) {
  const began = performance.now();
  for (;;) {
    const passed = performance.now() - began;
    if (await answer()) return;
    must(passed < seconds * 1000, `${what}: not within ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function indented(error) {
  return String(error?.message ?? error).replaceAll("\n", "\n        ");
}
