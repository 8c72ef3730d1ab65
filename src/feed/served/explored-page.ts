import { unpackPage } from './codec.js';

/** Returns what exploration learns from a stored page; null if the page is in an unknown format. */
export function exploredPage(
  page: Uint8Array,
  servedAt: Date,
): { country: string | null; personalized: boolean; explored: number[] } | null {
  try {
    const { country, personalized, page: items } = unpackPage(page, servedAt.getTime());
    const explored = items.flatMap(({ slot, number }) => (slot === 'EXPLORATION' ? [number] : []));
    return { country, personalized, explored };
  } catch (error) {
    // A later version of the gateway may have stored it.
    if (error instanceof RangeError) return null;
    throw error;
  }
}
