// What a screen reader is told without being asked: at most one sentence in five seconds, the newest of the most
// pressing kind.

const EACH_MS = 5_000;

export interface Said {
  text: string;
  urgent: boolean;
}

/** Lets one sentence through per span; of those that wait, an urgent one comes first, else the newest. Pure. */
export class Pace {
  #last = -Infinity;
  #waiting: Said | null = null;

  offer(said: Said): void {
    if (this.#waiting?.urgent && !said.urgent) return;
    this.#waiting = said;
  }

  next(now_ms: number): Said | null {
    if (!this.#waiting || now_ms - this.#last < EACH_MS) return null;
    const said = this.#waiting;
    this.#waiting = null;
    this.#last = now_ms;
    return said;
  }
}

const pace = new Pace();
let polite = $state("");
let assertive = $state("");

function turn(): void {
  const said = pace.next(performance.now());
  if (!said) return;
  polite = said.urgent ? "" : said.text;
  assertive = said.urgent ? said.text : "";
}

let timer: ReturnType<typeof setInterval> | undefined;

export const announcer = {
  get polite(): string {
    return polite;
  },
  get assertive(): string {
    return assertive;
  },
  say(text: string, urgent = false): void {
    pace.offer({ text, urgent });
    timer ??= setInterval(turn, 500);
    turn();
  },
};
