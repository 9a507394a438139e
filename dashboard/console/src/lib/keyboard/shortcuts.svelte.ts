// Single letters that lead somewhere. None of them publishes, approves or declines anything; they are silent inside
// fields and can be switched off.

const KEPT = "hinan.shortcuts";
const SEQUENCE_MS = 1_500;

export type Shortcuts = Record<string, () => void>;

let enabled = $state(true);
const layers: Shortcuts[] = [];
// A dialog covers what lies below it, also for the keyboard.
let floor = 0;
let prefix = "";
let prefixAt = 0;

/** The name of a key press: `a`, `?`, `Escape`, ` `; nothing with a modifier, so that no key of the browser is taken. */
export function nameOf(event: Pick<KeyboardEvent, "key" | "ctrlKey" | "altKey" | "metaKey">): string | null {
  if (event.ctrlKey || event.altKey || event.metaKey) return null;
  // Full-width letters come from a Japanese keyboard in its usual state.
  const key = event.key.length === 1 ? event.key.normalize("NFKC") : event.key;
  return key.length === 1 ? key.toLowerCase() : key;
}

/** Whether letters typed here are text, or Space and Enter press something. */
export function takesKeys(element: Element | null, key: string): boolean {
  if (!element) return false;
  const name = element.localName;
  if (name === "textarea" || name === "select" || (element as HTMLElement).isContentEditable) return true;
  if (name === "input") {
    const type = (element as HTMLInputElement).type;
    return !["checkbox", "radio", "button"].includes(type) || key === " " || key.startsWith("Arrow");
  }
  return (key === " " || key === "Enter") && element.matches("button, a[href], summary, [role=tab], [role=button]");
}

function find(key: string): (() => void) | undefined {
  for (let index = layers.length - 1; index >= floor; index -= 1) {
    const found = layers[index]?.[key];
    if (found) return found;
  }
  return undefined;
}

function press(event: KeyboardEvent): void {
  const key = nameOf(event);
  if (!key || event.defaultPrevented || event.isComposing || event.repeat) return;
  if (takesKeys(document.activeElement, key)) return;
  if (!enabled && key.length === 1) return;
  const now = performance.now();
  const sequence = prefix && now - prefixAt < SEQUENCE_MS ? `${prefix} ${key}` : "";
  prefix = "";
  const action = (sequence && find(sequence)) || find(key);
  if (action) {
    event.preventDefault();
    action();
  } else if (key === "g") {
    prefix = key;
    prefixAt = now;
  }
}

export const shortcuts = {
  get enabled(): boolean {
    return enabled;
  },
  set(on: boolean): void {
    enabled = on;
    try {
      localStorage.setItem(KEPT, on ? "on" : "off");
    } catch {
      // It holds until the page is closed.
    }
  },
  start(): () => void {
    try {
      enabled = localStorage.getItem(KEPT) !== "off";
    } catch {
      enabled = true;
    }
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  },
  /** In a component's initialisation: these keys work while it lives. */
  register(keys: Shortcuts): void {
    $effect(() => {
      layers.push(keys);
      return () => {
        const index = layers.indexOf(keys);
        if (index >= 0) layers.splice(index, 1);
      };
    });
  },
  /** A dialog is open: what was registered before it is silent. Gives back how to lift it. */
  cover(): () => void {
    const before = floor;
    floor = layers.length;
    return () => {
      floor = before;
    };
  },
};
