// Keys inside forms. A decision is never sent by Enter: it takes a press on the button itself, or Space on it.

/** For `onkeydown` of fields and of buttons that decide something. */
export function noEnter(event: KeyboardEvent): void {
  if (event.key === "Enter" && (event.target as Element).localName !== "textarea") event.preventDefault();
}

/** What can be focused inside `root`, in order. */
export function focusable(root: ParentNode): HTMLElement[] {
  const all = root.querySelectorAll<HTMLElement>("a[href], button, input, select, textarea, summary, [tabindex]");
  return [...all].filter((one) => !one.matches(":disabled, [tabindex='-1']") && one.checkVisibility());
}
