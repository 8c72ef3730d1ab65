import { afterAll, beforeAll, expect, it } from 'vitest';
import { Round } from './round.js';
import { ROUND_TIMEOUT_MS, roundSeeds } from './round-seeds.js';
import { openSite, type Site } from './site.js';

let site: Site;

beforeAll(async () => {
  site = await openSite();
});

afterAll(() => site.close());

it.for(roundSeeds)(
  'a gateway killed at any moment loses and doubles nothing that was acknowledged (seed %i)',
  { timeout: ROUND_TIMEOUT_MS },
  async (seed, { annotate }) => {
    const round = new Round(site, seed);
    await round.randomMoment();
    await site.killGateway();
    expect(site.gatewayRuns).toBe(false);
    await site.startGateway();
    await round.acknowledges(100);
    await annotate(await round.settle());
  },
);
