import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freezeServer } from './frozen-server.js';
import { pick } from './random-event.js';
import { Round } from './round.js';
import { ROUND_TIMEOUT_MS, roundSeeds } from './round-seeds.js';
import { openSite, type Site } from './site.js';

/** Shorter and longer than a statement may take. */
const FROZEN_MS = [3_000, 6_000];

let site: Site;

beforeAll(async () => {
  site = await openSite();
});

afterAll(() => site.close());

it.for(roundSeeds)(
  'a database that freezes under load costs time, and nothing acknowledged (seed %i)',
  { timeout: ROUND_TIMEOUT_MS },
  async (seed, { annotate }) => {
    const round = new Round(site, seed);
    await round.randomMoment();
    const thaw = await freezeServer(site.cluster);
    const frozenMs = pick(round.rng, FROZEN_MS);
    // The length of the freeze is what is tried here.
    await sleep(frozenMs);
    thaw();
    await round.acknowledges(100);
    const line = await round.settle();
    expect(round.writer.unreachable).toBe(0);
    expect(site.gatewayRuns).toBe(true);
    await annotate(`frozen for ${frozenMs} ms: ${line}`);
  },
);
