import { afterAll, beforeAll, expect, it } from 'vitest';
import { Round } from './round.js';
import { ROUND_TIMEOUT_MS, roundSeeds } from './round-seeds.js';
import { startDeployment, type Deployment } from './deployment.js';

let deployment: Deployment;

beforeAll(async () => {
  deployment = await startDeployment();
});

afterAll(() => deployment.close());

it.for(roundSeeds)(
  'loses no acknowledged event and stores none twice when the gateway is killed under load (seed %i)',
  { timeout: ROUND_TIMEOUT_MS },
  async (seed, { annotate }) => {
    const round = new Round(deployment, seed);
    await round.awaitRandomMoment();
    await deployment.killGateway();
    expect(deployment.isGatewayRunning).toBe(false);
    await deployment.startGateway();
    await round.awaitAcknowledged(100);
    await annotate(await round.settle());
  },
);
