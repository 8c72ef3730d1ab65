import type { InteractionRepository } from '../repositories/interaction-repository.js';
import type { ServedFeedRepository } from '../repositories/served-feed-repository.js';

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

/** A task that fails for this long harms nothing; each partition holds six hours and costs every look-up a little. */
const FEED_DAYS_AHEAD = 3;

/** Feeds of replicas whose clocks are slow by less than this can be stored. */
const SLOW_CLOCK_MS = 3_600_000;

/** Makes the partitions that feeds served now and within the next three days need. */
export function ensureServedFeedPartitions(
  servedFeeds: Pick<ServedFeedRepository, 'ensurePartitions'>,
  nowMs: number,
): Promise<void> {
  return servedFeeds.ensurePartitions(
    new Date(nowMs - SLOW_CLOCK_MS),
    new Date(nowMs + FEED_DAYS_AHEAD * DAY_MS),
  );
}
