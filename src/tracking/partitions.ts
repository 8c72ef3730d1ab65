import type { Logger } from '../lib/logger.js';
import type { InteractionRepository } from '../storage/events/interaction-repository.js';
import type { ServedFeedRepository } from '../storage/served-feed-repository.js';
import { isUnavailable } from '../storage/unavailable.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Live events are accepted up to 7 days late; one more day allows for clocks that differ. */
const LATE_EVENT_MS = 8 * DAY_MS;

/** Full calendar months created ahead, so that the task may fail for weeks without losing events. */
const MONTHS_AHEAD = 2;

/**
 * Creates the partitions that events and served feeds need now and in the coming weeks. While another session locks a
 * table for more than 2 s, it logs a warning and returns: a partition that is missing when it is needed is created then.
 */
export async function ensureUpcomingPartitions(
  store: {
    readonly interactions: Pick<InteractionRepository, 'ensurePartitions'>;
    readonly servedFeeds: Pick<ServedFeedRepository, 'ensurePartitions' | 'ensureRestPartitions'>;
  },
  nowMs: number,
  logger: Logger,
): Promise<void> {
  try {
    await ensureLivePartitions(store.interactions, nowMs);
    await ensureServedFeedPartitions(store.servedFeeds, nowMs);
  } catch (error) {
    if (!isUnavailable(error)) throw error;
    logger.warn({ err: error }, 'failed to create upcoming partitions; missing ones are created when needed');
  }
}

/** Creates the partitions of the UTC months from 8 days before `nowMs` to 2 months after its month. */
export function ensureLivePartitions(
  interactions: Pick<InteractionRepository, 'ensurePartitions'>,
  nowMs: number,
): Promise<void> {
  return interactions.ensurePartitions(monthsNeeded(nowMs));
}

function monthsNeeded(nowMs: number): Date[] {
  const first = new Date(nowMs - LATE_EVENT_MS);
  const now = new Date(nowMs);
  const end = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + MONTHS_AHEAD, 1);
  const months: Date[] = [];
  for (let offset = 0; ; offset += 1) {
    const month = Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + offset, 1);
    if (month > end) return months;
    months.push(new Date(month));
  }
}

/** Each partition of six hours costs every look-up a little; a task may fail for this long. */
const FEED_DAYS_AHEAD = 3;

/** Partitions of one hour, created every 12 hours; missing ones are created when they are needed. */
const REST_HOURS_AHEAD = 13;

/** Feeds of replicas whose clocks are slow by less than this can be stored. */
const SLOW_CLOCK_MS = HOUR_MS;

/** Creates the partitions that feeds served now and soon need: those of pages three days ahead, the others 13 hours. */
export async function ensureServedFeedPartitions(
  servedFeeds: Pick<ServedFeedRepository, 'ensurePartitions' | 'ensureRestPartitions'>,
  nowMs: number,
): Promise<void> {
  const first = new Date(nowMs - SLOW_CLOCK_MS);
  await servedFeeds.ensurePartitions(first, new Date(nowMs + FEED_DAYS_AHEAD * DAY_MS));
  await servedFeeds.ensureRestPartitions(first, new Date(nowMs + REST_HOURS_AHEAD * HOUR_MS));
}
