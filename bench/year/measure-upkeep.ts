import { setTimeout as sleep } from 'node:timers/promises';
import { joinRun } from './job-runs.ts';
import type { Measurement } from './result.ts';
import { withSite } from './site.ts';
import { round } from './statistics.ts';

const ALL_USERS = 1_000_000;
const MAX_SECONDS = 3_600;
const IDLE_MS = 10_000;

/** A run of the profile upkeep over all users. */
export const upkeep: Measurement = {
  name: 'upkeep',
  description: 'a run of the profile upkeep, and the event loop meanwhile',
  run: async (state) => {
    const idle = await withSite(state, { jobs: false }, async (site) => {
      await sleep(IDLE_MS);
      site.resetLoop();
      await sleep(IDLE_MS);
      return site.readLoop();
    });
    return withSite(state, { jobs: true }, async (site) => {
      site.resetLoop();
      // The first start of the jobs on a day begins a run at once.
      const { durationMs, detail } = await joinRun(site, 'profile-upkeep');
      const busy = await site.readLoop();
      const seconds = durationMs / 1_000;
      const all = (seconds * ALL_USERS) / state.size.users;
      return [
        {
          what: `Profile upkeep over ${state.size.users.toLocaleString('en')} users`,
          value: `${round(seconds)} s, so ${round(all / 60)} min for 1,000,000 (${detail})`,
          ...{ target: '1,000,000 users in an hour', met: all <= MAX_SECONDS },
          numbers: { seconds, secondsForMillion: all },
        },
        {
          what: 'Loop delay during upkeep',
          value: `p99 ${round(busy.p99Ms)}, max ${round(busy.maxMs)} ms; idle, p99 ${round(idle.p99Ms)}, max ${round(idle.maxMs)} ms`,
          ...{ target: 'p99 < 20 ms, max < 60 ms', met: busy.p99Ms < 20 && busy.maxMs < 60 },
          numbers: { p99Ms: busy.p99Ms, maxMs: busy.maxMs, residentMb: busy.residentMb },
        },
      ];
    });
  },
};
