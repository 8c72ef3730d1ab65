import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freezeServer } from './frozen-server.js';
import { pick } from './random-event.js';
import { Round } from './round.js';
import { ROUND_TIMEOUT_MS, roundSeeds } from './round-seeds.js';
import { startDeployment, type Deployment } from './deployment.js';

/** Durations of a freeze: shorter and longer than the statement timeout of the gateway. */
const FROZEN_MS = [3_000, 6_000];

let deployment: Deployment;

beforeAll(async () => {
  deployment = await startDeployment();
});

afterAll(() => deployment.close());

it.for(roundSeeds)(
  'loses no acknowledged event and stores none twice when the database freezes under load (seed %i)',
  { timeout: ROUND_TIMEOUT_MS },
  async (seed, { annotate }) => {
    const round = new Round(deployment, seed);
    await round.awaitRandomMoment();
    const thaw = await freezeServer(deployment.cluster);
    const frozenMs = pick(round.rng, FROZEN_MS);
    // A fixed sleep, because the test needs a freeze of this duration.
    await sleep(frozenMs);
    thaw();
    await round.awaitAcknowledged(100);
    const line = await round.settle();
    expect(round.writer.unreachable).toBe(0);
    expect(deployment.isGatewayRunning).toBe(true);
    await annotate(`frozen for ${frozenMs} ms: ${line}`);
  },
);
