import type { Downsampled, SnapshotRepository } from '../storage/markets/snapshot-repository.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Hourly after 48 hours, daily after 30 days. Hours and days are those of UTC. */
const STEPS = [
  { resolution: 0, olderThanMs: 48 * HOUR_MS, periodMs: HOUR_MS },
  { resolution: 1, olderThanMs: 30 * DAY_MS, periodMs: DAY_MS },
] as const;

/** Snapshots of one statement, which takes some 50 ms. */
const SNAPSHOTS_AT_ONCE = 1_000;

/**
 * Downsamples the snapshots of markets: of each hour that ended 48 hours ago the last stays, of each day that ended 30
 * days ago the last. The state at an older instant stays known as of the end of the hour, or of the day.
 *
 * Continues from the oldest that is not downsampled yet, 1,000 snapshots at a time, each by one statement, so that a run
 * that ends early has lost nothing.
 *
 * @param signal ends the run after the statement in progress.
 */
export async function thinSnapshots({
  snapshots,
  now,
  signal,
}: {
  snapshots: Pick<SnapshotRepository, 'downsample'>;
  now: Date;
  signal: AbortSignal;
}): Promise<Downsampled> {
  let removed = 0;
  let kept = 0;
  for (const { resolution, olderThanMs, periodMs } of STEPS) {
    const before = new Date(Math.floor((now.getTime() - olderThanMs) / periodMs) * periodMs);
    for (let from: Date | null = new Date(0); from !== null && !signal.aborted;) {
      const what = { resolution, from, before, periodMs, limit: SNAPSHOTS_AT_ONCE };
      const step = await snapshots.downsample(what);
      removed += step.removed;
      kept += step.kept;
      from = step.next;
    }
  }
  return { removed, kept };
}
