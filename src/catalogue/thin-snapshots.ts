import type { SnapshotRepository, Thinned } from '../repositories/snapshot-repository.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Hourly after 48 hours, daily after 30 days. Hours and days are those of UTC. */
const STEPS = [
  { resolution: 0, olderThanMs: 48 * HOUR_MS, periodMs: HOUR_MS },
  { resolution: 1, olderThanMs: 30 * DAY_MS, periodMs: DAY_MS },
] as const;

/**
 * Thins the snapshots of markets: of each hour that ended 48 hours ago the last stays, of each day that ended 30 days
 * ago the last. What is known of an older instant stays right to the hour, or the day.
 *
 * Goes on period by period from the oldest that is not thinned yet, each by one statement, so that what was done is
 * kept when it ends early, and costs nothing the next time.
 *
 * @param signal ends it after the period under way.
 */
export async function thinSnapshots({
  snapshots,
  now,
  signal,
}: {
  snapshots: Pick<SnapshotRepository, 'oldestAt' | 'thin'>;
  now: Date;
  signal: AbortSignal;
}): Promise<Thinned> {
  let removed = 0;
  let kept = 0;
  for (const { resolution, olderThanMs, periodMs } of STEPS) {
    while (!signal.aborted) {
      const oldestAt = await snapshots.oldestAt(resolution);
      if (oldestAt === undefined) break;
      const startMs = Math.floor(oldestAt.getTime() / periodMs) * periodMs;
      const endMs = startMs + periodMs;
      if (endMs > now.getTime() - olderThanMs) break;
      const thinned = await snapshots.thin({ resolution, start: new Date(startMs), end: new Date(endMs) });
      removed += thinned.removed;
      kept += thinned.kept;
    }
  }
  return { removed, kept };
}
