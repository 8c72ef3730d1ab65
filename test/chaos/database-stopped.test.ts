import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { findPostmaster } from '../../src/embedded-postgres/postmaster.js';
import { pick } from './random-event.js';
import { Round } from './round.js';
import { ROUND_TIMEOUT_MS, roundSeeds } from './round-seeds.js';
import { openSite, type Site } from './site.js';

/** PostgreSQL's fast and immediate shutdown, and the death of its main process. */
const WAYS_TO_STOP = ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const;

let site: Site;

beforeAll(async () => {
  site = await openSite();
});

afterAll(() => site.close());

it.for(roundSeeds)(
  'a database that stops and starts under load costs time, and nothing acknowledged (seed %i)',
  { timeout: ROUND_TIMEOUT_MS },
  async (seed, { annotate }) => {
    const round = new Round(site, seed);
    await round.randomMoment();
    const before = await findPostmaster(site.cluster);
    const signal = pick(round.rng, WAYS_TO_STOP);
    process.kill(before?.pid ?? NaN, signal);
    await vi.waitFor(
      async () => {
        const now = await findPostmaster(site.cluster);
        expect(now).toMatchObject({ ready: true });
        expect(now?.pid).not.toBe(before?.pid);
      },
      { timeout: 30_000 },
    );
    await round.acknowledges(100);
    const line = await round.settle();
    expect(round.writer.unreachable).toBe(0);
    expect(site.gatewayRuns).toBe(true);
    await annotate(`${signal}: ${line}`);
  },
);
