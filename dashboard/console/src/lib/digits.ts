// The number an officer types to show that the message was read.

/** Digits in half width; full-width ones come first from a Japanese keyboard. Spaces around them do not count. */
export function halfWidth(text: string): string {
  return text.normalize("NFKC").trim();
}

/** Whether `typed` is exactly `expected`; nothing else than digits counts. */
export function isNumber(typed: string, expected: number): boolean {
  const digits = halfWidth(typed);
  return /^\d{1,6}$/.test(digits) && Number(digits) === expected;
}
