/** The parts that a page is mixed of, in the order that decides ties between them. */
export const SLOTS = ['PERSONAL', 'TRENDING', 'LOCAL', 'RISING', 'EXPLORATION'] as const;

export type Slot = (typeof SLOTS)[number];

/** A number for each slot, such as its share of the page or how many items it has. */
export type BySlot<T> = Record<Slot, T>;

export function noneBySlot(): BySlot<number> {
  return { PERSONAL: 0, TRENDING: 0, LOCAL: 0, RISING: 0, EXPLORATION: 0 };
}
