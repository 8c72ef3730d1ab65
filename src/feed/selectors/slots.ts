import type { FeedConfig } from '../../config/schema/feed-schema.js';

/** The kinds of slate positions, in the order that breaks ties between them. */
export const SLOTS = ['PERSONAL', 'TRENDING', 'LOCAL', 'RISING', 'EXPLORATION'] as const;

export type Slot = (typeof SLOTS)[number];

/** A value for each slot, such as its share of the slate. */
export type BySlot<T> = Record<Slot, T>;

export function zeroBySlot(): BySlot<number> {
  return { PERSONAL: 0, TRENDING: 0, LOCAL: 0, RISING: 0, EXPLORATION: 0 };
}

/** From this slate length on, EXPLORATION gets at least one position. */
const EXPLORED_FROM = 10;

/** Remainders that differ by less are ties: 0.29 × 100 is 28.999999999999996. */
const TIE_DIGITS = 1e9;

/**
 * Splits `length` positions by largest remainder (Hamilton's method): each slot gets the whole part of share × length, and
 * the largest fractional parts get the remaining positions, ties in the order of the slots. The counts sum to `length`.
 *
 * Without a local trend, LOCAL's share goes to PERSONAL. Without a profile, half of PERSONAL's share goes to TRENDING and
 * half to EXPLORATION, and LOCAL's share goes to TRENDING. From 10 positions on, EXPLORATION gets at least one if it has
 * any share.
 */
export function slotQuotas(
  shares: FeedConfig['quotas'],
  length: number,
  { personalized, hasLocal }: { personalized: boolean; hasLocal: boolean },
): BySlot<number> {
  const effective = { ...shares };
  if (!hasLocal) {
    effective[personalized ? 'PERSONAL' : 'TRENDING'] += effective.LOCAL;
    effective.LOCAL = 0;
  }
  if (!personalized) {
    effective.TRENDING += effective.PERSONAL / 2;
    effective.EXPLORATION += effective.PERSONAL / 2;
    effective.PERSONAL = 0;
  }
  const quotas = byLargestRemainder(effective, length);
  if (length >= EXPLORED_FROM && effective.EXPLORATION > 0 && quotas.EXPLORATION === 0) {
    const largest = SLOTS.reduce((best, slot) => (quotas[slot] > quotas[best] ? slot : best));
    quotas[largest] -= 1;
    quotas.EXPLORATION = 1;
  }
  return quotas;
}

function byLargestRemainder(shares: BySlot<number>, length: number): BySlot<number> {
  const sum = SLOTS.reduce((total, slot) => total + shares[slot], 0);
  const quotas = zeroBySlot();
  const remainders = zeroBySlot();
  let left = length;
  for (const slot of SLOTS) {
    const exact = Math.round(((shares[slot] * length) / sum) * TIE_DIGITS) / TIE_DIGITS;
    quotas[slot] = Math.floor(exact);
    remainders[slot] = Math.round((exact - quotas[slot]) * TIE_DIGITS);
    left -= quotas[slot];
  }
  for (const slot of SLOTS.toSorted((a, b) => remainders[b] - remainders[a]).slice(0, left))
    quotas[slot] += 1;
  return quotas;
}

/**
 * The slots that are still owed positions, the one furthest behind its quota first: by quota · rank / length − placed,
 * ties in the order of the slots. Serving the first of them rank by rank interleaves the slots evenly.
 *
 * @param rank of the next position, from 1.
 */
export function slotsByDeficit(
  quotas: BySlot<number>,
  placed: BySlot<number>,
  rank: number,
  length: number,
): Slot[] {
  const slots: Slot[] = [];
  for (const slot of SLOTS) {
    if (placed[slot] >= quotas[slot]) continue;
    const deficit = quotas[slot] * rank - placed[slot] * length;
    let index = slots.length;
    while (index > 0 && deficit > deficitAt(index - 1)) index -= 1;
    slots.splice(index, 0, slot);
  }
  return slots;

  function deficitAt(index: number): number {
    const slot = slots[index] as Slot;
    return quotas[slot] * rank - placed[slot] * length;
  }
}
