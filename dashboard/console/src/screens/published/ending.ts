// What may become of a notice that holds: put right, taken back, lifted.

export const ENDINGS = ["correct", "cancel", "lift"] as const;
export type Ending = (typeof ENDINGS)[number];
