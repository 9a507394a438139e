// Who sits here, and what the server says of itself.

import { get, Problem, send, useToken, whenSignedOut } from "../api/client";
import { listen, stopListening } from "../api/stream";
import type { Right, Session, Status, StreamEvent } from "../api/types";
import { on, refreshEverything } from "./bus";
import { clock } from "./clock.svelte";
import { connection } from "./connection.svelte";
import { forgetAll, keep, recall } from "./kept";

export type SessionState = "asking" | "in" | "out" | "unreachable";

const STATUS = "/api/v1/status";
const SESSION = "/api/v1/session";

let state = $state<SessionState>("asking");
let who = $state.raw<Session | null>(null);
let status = $state.raw<Status | null>(null);
let bundle: string | null | undefined;
let newer = $state(false);
// The session ended while a screen was open: the form is laid over it, so that no text is lost.
let ended = $state(false);

whenSignedOut(() => {
  if (state === "in") ended = true;
});

function enter(session: Session): void {
  const again = ended;
  who = session;
  useToken(session.csrf);
  state = "in";
  ended = false;
  void keep({ path: SESSION, data: { ...session, csrf: "" }, as_of_ms: clock.now });
  listen(() => {
    ended = true;
  });
  void loadStatus();
  if (again) refreshEverything();
}

async function loadStatus(auto = false): Promise<void> {
  let answer: Response;
  let known: Status | null;
  try {
    answer = await fetch(auto ? `${STATUS}?auto=1` : STATUS, { credentials: "same-origin", cache: "no-store", signal: AbortSignal.timeout(8_000) });
    // An answer that breaks off in the middle is none.
    known = answer.ok ? ((await answer.json()) as Status) : null;
  } catch {
    await recallStatus();
    return;
  }
  if (answer.status === 401) {
    if (state === "in") ended = true;
    return;
  }
  if (!known) return;
  clock.compare(answer.headers.get("Date"));
  take(known);
  connection.heard(connection.state === "polling");
  connection.timed(known.server_time, known.speed);
  void keep({ path: STATUS, data: known, as_of_ms: Date.parse(known.server_time) });
}

async function recallStatus(): Promise<void> {
  if (status) return;
  const kept = await recall(STATUS);
  if (!kept) return;
  status = kept.data as Status;
  connection.shownFromStore(kept.as_of_ms);
}

function take(known: Status): void {
  status = known;
  if (bundle === undefined) bundle = known.version.bundle;
  else if (bundle !== known.version.bundle) newer = true;
}

on("status", (event: StreamEvent) => {
  if (event.event !== "status" || !status) return;
  status = {
    ...status, server_time: event.server_time, as_of: event.as_of, speed: event.speed,
    undecided: event.undecided, waiting_for_second: event.waiting_for_second, gauges: event.gauges,
  };
});
for (const kind of ["feed", "link", "picture", "everything"]) on(kind, () => void soon());

let due: ReturnType<typeof setTimeout> | undefined;
function soon(): void {
  due ??= setTimeout(() => {
    due = undefined;
    if (state === "in") void loadStatus(true);
  }, 1_000);
}

export const session = {
  get state(): SessionState {
    return state;
  },
  get who(): Session | null {
    return who;
  },
  get status(): Status | null {
    return status;
  },
  get ended(): boolean {
    return ended;
  },
  /** A newer console lies on the server; it is loaded when the officer asks for it. */
  get newerVersion(): boolean {
    return newer;
  },
  get drill(): boolean {
    return status?.realm === "exercise";
  },
  may(right: Right): boolean {
    return who?.rights.includes(right) ?? false;
  },
  async begin(): Promise<void> {
    try {
      enter(await get<Session>(SESSION));
    } catch (error) {
      const problem = error instanceof Problem ? error : null;
      if (problem?.unreachable) await withoutServer();
      else state = "out";
    }
  },
  async signIn(user: string, password: string, code: string): Promise<void> {
    enter(await send<Session>("POST", SESSION, { user, password, code }));
  },
  async signOut(): Promise<void> {
    stopListening();
    try {
      await send("DELETE", SESSION);
    } finally {
      await forgetAll();
      location.assign("/console/");
    }
  },
};

// The server is gone: the picture kept on this machine is better than nothing, and says how old it is.
async function withoutServer(): Promise<void> {
  const kept = await recall(SESSION);
  if (!kept) {
    state = "unreachable";
    return;
  }
  who = kept.data as Session;
  state = "in";
  await recallStatus();
  const again = setInterval(async () => {
    try {
      const session = await get<Session>(SESSION);
      clearInterval(again);
      enter(session);
    } catch (error) {
      if (error instanceof Problem && error.status === 401) {
        clearInterval(again);
        ended = true;
      }
    }
  }, 3_000);
}
