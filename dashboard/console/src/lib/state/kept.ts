// The last picture, kept on this machine for a reload without the server, and given up at sign-out.

const NAME = "hinan";
const STORE = "answers";
// More than the screens ask for; a console never keeps an archive.
const KEPT_MAX = 60;

export interface Kept {
  path: string;
  data: unknown;
  /** Server time at which it was true. */
  as_of_ms: number;
}

let opening: Promise<IDBDatabase | null> | null = null;

function open(): Promise<IDBDatabase | null> {
  opening ??= new Promise((resolve) => {
    let request: IDBOpenDBRequest;
    try {
      request = indexedDB.open(NAME, 1);
    } catch {
      // A locked-down browser keeps nothing; the console works without.
      resolve(null);
      return;
    }
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "path" });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => resolve(null);
    request.onblocked = () => resolve(null);
  });
  return opening;
}

function done<T>(request: IDBRequest<T>): Promise<T | undefined> {
  return new Promise((resolve) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => resolve(undefined);
  });
}

export async function keep(entry: Kept): Promise<void> {
  const database = await open();
  if (!database) return;
  const store = database.transaction(STORE, "readwrite").objectStore(STORE);
  const known = (await done(store.count())) ?? 0;
  if (known >= KEPT_MAX) await done(store.clear());
  await done(store.put(entry));
}

export async function recall(path: string): Promise<Kept | undefined> {
  const database = await open();
  if (!database) return undefined;
  return (await done(database.transaction(STORE).objectStore(STORE).get(path))) as Kept | undefined;
}

export async function forgetAll(): Promise<void> {
  const database = await open();
  if (database) await done(database.transaction(STORE, "readwrite").objectStore(STORE).clear());
}
