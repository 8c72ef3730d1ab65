import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { findPostmaster } from '../../src/embedded-postgres/postmaster.js';
import { pick } from './random-event.js';
import { Round } from './round.js';
import { ROUND_TIMEOUT_MS, roundSeeds } from './round-seeds.js';
import { startDeployment, type Deployment } from './deployment.js';

/** The signals of PostgreSQL's fast and immediate shutdown, and SIGKILL, which simulates a crash. */
const STOP_SIGNALS = ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const;

let deployment: Deployment;

beforeAll(async () => {
  deployment = await startDeployment();
});

afterAll(() => deployment.close());

it.for(roundSeeds)(
  'loses no acknowledged event and stores none twice when the database restarts under load (seed %i)',
  { timeout: ROUND_TIMEOUT_MS },
  async (seed, { annotate }) => {
    const round = new Round(deployment, seed);
    await round.awaitRandomMoment();
    const before = await findPostmaster(deployment.cluster);
    const signal = pick(round.rng, STOP_SIGNALS);
    process.kill(before?.pid ?? NaN, signal);
    await vi.waitFor(
      async () => {
        const now = await findPostmaster(deployment.cluster);
        expect(now).toMatchObject({ ready: true });
        expect(now?.pid).not.toBe(before?.pid);
      },
      { timeout: 30_000 },
    );
    await round.awaitAcknowledged(100);
    const line = await round.settle();
    expect(round.writer.unreachable).toBe(0);
    expect(deployment.isGatewayRunning).toBe(true);
    await annotate(`${signal}: ${line}`);
  },
);
