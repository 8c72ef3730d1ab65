import type { InteractionRepository } from '../repositories/interaction-repository.js';

const DAY_MS = 24 * 3_600_000;

/** Live events are at most a week old; two months ahead, a task that fails for weeks harms nothing. */
const DAYS_NEEDED = [-8, 0, 31, 62];

/** Makes the partitions that live events need now and for the next two months. */
export function ensureLivePartitions(
  interactions: Pick<InteractionRepository, 'ensurePartitions'>,
  nowMs: number,
): Promise<void> {
  return interactions.ensurePartitions(DAYS_NEEDED.map((days) => new Date(nowMs + days * DAY_MS)));
}
