// Questions to our own server. Refusals come as problem documents and become one error type.

/** A refusal of the server, or the lack of an answer (`status` 0). */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  /** The whole document, for refusals that carry a new picture. */
  readonly body: Record<string, unknown>;

  constructor(status: number, body: Record<string, unknown>) {
    const text = (key: string) => (typeof body[key] === "string" ? (body[key] as string) : "");
    super(text("detail") || text("title") || `HTTP ${status}`);
    this.name = "Problem";
    this.status = status;
    this.code = text("code") || text("type").split("/").pop() || "";
    this.title = text("title");
    this.detail = text("detail");
    this.body = body;
  }

  /** No answer came: the way to the server is broken, nothing was refused. */
  get unreachable(): boolean {
    return this.status === 0;
  }
}

/** Whatever was thrown, as something that can be shown. A fault of the console itself has status -1: nobody refused anything. */
export function asProblem(error: unknown): Problem {
  return error instanceof Problem ? error : new Problem(-1, { detail: String(error) });
}

// The token that proves that a write comes from this page; the server gives it with the session.
let token = "";

export function useToken(given: string): void {
  token = given;
}

// A server that does not answer within this time is not there; the officer must not wait longer for the word.
const PATIENCE_MS = 10_000;

export interface Answer<T> {
  data: T;
  etag: string | null;
}

/** GET with the tag of what is known; `null` when nothing has changed. */
export async function ask<T>(path: string, etag: string | null): Promise<Answer<T> | null> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (etag) headers["If-None-Match"] = etag;
  const response = await call(path, { headers });
  if (response.status === 304) return null;
  return { data: (await parsed(response)) as T, etag: response.headers.get("ETag") };
}

/** GET. */
export async function get<T>(path: string): Promise<T> {
  return (await parsed(await call(path, { headers: { Accept: "application/json" } }))) as T;
}

/** A write, with the token of the session. */
export async function send<T>(method: "POST" | "PUT" | "PATCH" | "DELETE", path: string, body?: unknown): Promise<T> {
  const headers: Record<string, string> = { Accept: "application/json", "Content-Type": "application/json" };
  if (token) headers["X-CSRF-Token"] = token;
  const response = await call(path, { method, headers, body: JSON.stringify(body ?? {}) });
  return (await parsed(response)) as T;
}

let askedAt_ms = 0;

/** When a person last made this page ask something, by the monotonic clock; the session lives from then. */
export function lastAsked(): number {
  return askedAt_ms;
}

async function call(path: string, init: RequestInit): Promise<Response> {
  if (!/[?&]auto=1(?:&|$)/.test(path)) askedAt_ms = performance.now();
  return await fetch(path, { ...init, credentials: "same-origin", cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) }).catch(unreachable);
}

function unreachable(error: unknown): never {
  throw new Problem(0, { title: "unreachable", detail: error instanceof Error ? error.message : String(error) });
}

let signedOut: () => void = () => {};

/** Called when an answer says that the session has ended. */
export function whenSignedOut(act: () => void): void {
  signedOut = act;
}

async function parsed(response: Response): Promise<unknown> {
  // An answer that breaks off in the middle is none.
  const text = await response.text().catch(unreachable);
  let body: unknown = null;
  if (text !== "") {
    try {
      body = JSON.parse(text);
    } catch {
      body = { detail: text.slice(0, 300) };
    }
  }
  if (response.ok) return body;
  const problem = new Problem(response.status, isRecord(body) ? body : {});
  if (problem.status === 401 && problem.code === "signed_out") signedOut();
  throw problem;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
