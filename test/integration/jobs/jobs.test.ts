import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JobRun } from '../../../src/storage/job-repository.js';
import { jobNamed, openJobSite, type JobSite } from '../../support/job-processes.js';

let site: JobSite;

beforeEach(async () => {
  site = await openJobSite();
});

afterEach(() => site.close());

const succeeded = ({ outcome }: JobRun): boolean => outcome === 'SUCCEEDED';

describe('a scheduled job', () => {
  it('runs once per period across all processes', async () => {
    const job = jobNamed('second', () => Promise.resolve('done'), 1);
    for (let number = 0; number < 3; number += 1) site.open([job]).worker.start();
    const runs = await site.runsUntil('second', (all) => all.filter(succeeded).length >= 5);
    const times = runs.map(({ startedAt }) => Math.floor(startedAt.getTime() / 1_000));
    // A run may start shortly after its period ended, but there are never more runs than periods.
    expect(runs.length).toBeLessThanOrEqual((times.at(-1) ?? 0) - (times[0] ?? 0) + 2);
    expect(runs.every(({ attempt }) => attempt === 1)).toBe(true);
  });

  it('runs at once when a process starts and the current period has no run yet', async () => {
    site.open([jobNamed('nightly', () => Promise.resolve('first'))]).worker.start();
    const [run] = await site.runsUntil('nightly', (runs) => runs.some(succeeded));
    expect(run).toMatchObject({ attempt: 1, detail: 'first' });
    const second = site.open([jobNamed('nightly', () => Promise.resolve('second'))]);
    second.worker.start();
    // The second process enqueues no run of this period, but it executes requested runs.
    expect(await second.service.request({ name: 'nightly' })).toMatchObject({
      job: { name: 'nightly', lastRun: { outcome: 'SUCCEEDED' } },
      status: 'REQUESTED',
    });
    const runs = await site.runsUntil('nightly', (all) => all.filter(succeeded).length === 2);
    expect(runs).toHaveLength(2);
  });

  it('is retried with backoff after a failure, stores the reason, and does not delay other jobs', async () => {
    let failures = 0;
    const failing = jobNamed('failing', () => {
      failures += 1;
      if (failures <= 2) throw new Error(`failure ${failures}`);
      return Promise.resolve('done');
    });
    const jobs = site.open([failing, jobNamed('steady', () => Promise.resolve('done'), 1)]);
    jobs.worker.start();
    const runs = await site.runsUntil('failing', (all) => all.some(succeeded));
    expect(runs.map(({ attempt, outcome, detail }) => [attempt, outcome, detail])).toEqual([
      [1, 'FAILED', 'failure 1'],
      [2, 'FAILED', 'failure 2'],
      [3, 'SUCCEEDED', 'done'],
    ]);
    const [first, second, third] = runs.map(({ startedAt }) => startedAt.getTime());
    expect((third ?? 0) - (second ?? 0)).toBeGreaterThan(0.9 * ((second ?? 0) - (first ?? 0)));
    expect((await site.runs('steady')).filter(succeeded).length).toBeGreaterThanOrEqual(3);
    const [status] = await jobs.service.list();
    expect(status).toMatchObject({ name: 'failing', lastRun: { outcome: 'SUCCEEDED', attempt: 3 } });
  });

  it('is not enqueued again while a run is in progress', async () => {
    let end: (detail: string) => void = () => undefined;
    const { worker, service } = site.open([
      jobNamed('slow', () => new Promise<string>((resolve) => (end = resolve))),
    ]);
    worker.start();
    await site.runsUntil('slow', (runs) => runs.length === 1);
    expect(await service.request({ name: 'slow' })).toMatchObject({
      job: { name: 'slow' },
      status: 'ALREADY_REQUESTED',
    });
    expect((await service.list())[0]?.lastRun).toMatchObject({ outcome: 'RUNNING', durationMs: null });
    end('done');
    await site.runsUntil('slow', (runs) => runs.every(succeeded));
  });

  it('is aborted when its process stops, and is retried by another', async () => {
    const job = jobNamed('long', async ({ signal }) => {
      await once(signal, 'abort');
      throw new Error('aborted');
    });
    const first = site.open([job]);
    first.worker.start();
    await site.runsUntil('long', (runs) => runs.length === 1);
    await first.close();
    site.open([jobNamed('long', () => Promise.resolve('done'))]).worker.start();
    const runs = await site.runsUntil('long', (all) => all.some(succeeded));
    expect(runs.map(({ attempt, outcome }) => [attempt, outcome])).toEqual([
      [1, 'FAILED'],
      [2, 'SUCCEEDED'],
    ]);
  });
});

describe('a job that returns early when its process stops', () => {
  it('counts as failed and is retried', async () => {
    const first = site.open([
      jobNamed('early', async ({ signal }) => {
        await once(signal, 'abort');
        return 'partial';
      }),
    ]);
    first.worker.start();
    await site.runsUntil('early', (runs) => runs.length === 1);
    await first.close();
    site.open([jobNamed('early', () => Promise.resolve('rest'))]).worker.start();
    const runs = await site.runsUntil('early', (all) => all.some(succeeded));
    expect(runs.map(({ outcome, detail }) => [outcome, detail])).toEqual([
      ['FAILED', 'the process is stopping'],
      ['SUCCEEDED', 'rest'],
    ]);
  });
});

describe('a process that only requests runs', () => {
  it('enqueues a run for a worker', async () => {
    const job = jobNamed('requested', () => Promise.resolve('done'));
    const { service } = site.open([job], { isWorker: false });
    expect(await service.list()).toMatchObject([
      { name: 'requested', lastRun: null, intervalSeconds: 86_400 },
    ]);
    expect(await service.request({ name: 'requested' })).toMatchObject({ status: 'REQUESTED' });
    expect(await site.runs('requested')).toEqual([]);
    site.open([job]).worker.start();
    await site.runsUntil('requested', (runs) => runs.some(succeeded));
  });

  it('lists the known jobs when the requested one is unknown', async () => {
    const { service } = site.open([jobNamed('one', () => Promise.resolve(''))], { isWorker: false });
    await expect(service.request({ name: 'two' })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      field: 'input.name',
      message: 'input.name must be one of: one.',
    });
  });
});
