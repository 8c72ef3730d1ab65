const FIRST_MS = 250;
const MOST_MS = 30_000;

/**
 * How long to leave a sink alone after it failed this often in a row: 250 ms, doubled with each further failure up
 * to 30 s, of which a random part up to a half is taken off, so that replicas do not come back all at once.
 *
 * @param failures 1 or more.
 * @param random 0 ≤ random < 1.
 */
export function backoffMs(failures: number, random: number): number {
  return Math.min(MOST_MS, FIRST_MS * 2 ** (failures - 1)) * (1 - random / 2);
}
