import type { FeedConfig } from '../../config/feed-schema.js';
import { noneBySlot, SLOTS, type BySlot } from './slots.js';

/** From so many places on, at least one is for exploration. */
const EXPLORED_FROM = 10;

/** Shares whose remainders differ by less are tied: 0.29 × 100 is 28.999999999999996. */
const TIE_DIGITS = 1e9;

/**
 * How many of `places` each slot gets, by largest remainder (Hamilton's method): the whole part of share × places, and
 * the places left over to the largest fractional parts, ties in the order of the slots. The counts add up to `places`.
 *
 * Without a local trend LOCAL's share is PERSONAL's. Without a profile PERSONAL's goes half and half to TRENDING and
 * EXPLORATION, and LOCAL's then to TRENDING. From 10 places on EXPLORATION has at least one if it has any share.
 */
export function slotQuotas(
  shares: FeedConfig['quotas'],
  places: number,
  { personalized, hasLocal }: { personalized: boolean; hasLocal: boolean },
): BySlot<number> {
  const given = { ...shares };
  if (!hasLocal) {
    given[personalized ? 'PERSONAL' : 'TRENDING'] += given.LOCAL;
    given.LOCAL = 0;
  }
  if (!personalized) {
    given.TRENDING += given.PERSONAL / 2;
    given.EXPLORATION += given.PERSONAL / 2;
    given.PERSONAL = 0;
  }
  const quotas = byLargestRemainder(given, places);
  if (places >= EXPLORED_FROM && given.EXPLORATION > 0 && quotas.EXPLORATION === 0) {
    const largest = SLOTS.reduce((best, slot) => (quotas[slot] > quotas[best] ? slot : best));
    quotas[largest] -= 1;
    quotas.EXPLORATION = 1;
  }
  return quotas;
}

function byLargestRemainder(shares: BySlot<number>, places: number): BySlot<number> {
  const sum = SLOTS.reduce((total, slot) => total + shares[slot], 0);
  const quotas = noneBySlot();
  const remainders = noneBySlot();
  let left = places;
  for (const slot of SLOTS) {
    const exact = Math.round(((shares[slot] * places) / sum) * TIE_DIGITS) / TIE_DIGITS;
    quotas[slot] = Math.floor(exact);
    remainders[slot] = Math.round((exact - quotas[slot]) * TIE_DIGITS);
    left -= quotas[slot];
  }
  for (const slot of SLOTS.toSorted((a, b) => remainders[b] - remainders[a]).slice(0, left))
    quotas[slot] += 1;
  return quotas;
}
