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

describe('a job', () => {
  it('is run once in each of its times by all processes together', async () => {
    const job = jobNamed('second', () => Promise.resolve('done'), 1);
    for (let number = 0; number < 3; number += 1) site.open([job]).worker.start();
    const runs = await site.runsUntil('second', (all) => all.filter(succeeded).length >= 5);
    const times = runs.map(({ startedAt }) => Math.floor(startedAt.getTime() / 1_000));
    // A run may begin a moment after its second ended, but never are there more runs than seconds.
    expect(runs.length).toBeLessThanOrEqual((times.at(-1) ?? 0) - (times[0] ?? 0) + 2);
    expect(runs.every(({ attempt }) => attempt === 1)).toBe(true);
  });

  it('is run at once by the first process to come when nobody ran it in its present time', async () => {
    site.open([jobNamed('nightly', () => Promise.resolve('tidied'))]).worker.start();
    const [run] = await site.runsUntil('nightly', (runs) => runs.some(succeeded));
    expect(run).toMatchObject({ attempt: 1, detail: 'tidied' });
    const again = site.open([jobNamed('nightly', () => Promise.resolve('tidied twice'))]);
    again.worker.start();
    // The second process has asked by then: it works off what is asked for besides.
    expect(await again.service.request({ name: 'nightly' })).toEqual({
      name: 'nightly',
      status: 'REQUESTED',
    });
    const runs = await site.runsUntil('nightly', (all) => all.filter(succeeded).length === 2);
    expect(runs).toHaveLength(2);
  });

  it('that fails is tried again later, with its reason shown, and holds up no other', async () => {
    let failures = 0;
    const failing = jobNamed('failing', () => {
      failures += 1;
      if (failures <= 2) throw new Error(`no luck the ${failures}. time`);
      return Promise.resolve('at last');
    });
    const jobs = site.open([failing, jobNamed('steady', () => Promise.resolve('as ever'), 1)]);
    jobs.worker.start();
    const runs = await site.runsUntil('failing', (all) => all.some(succeeded));
    expect(runs.map(({ attempt, outcome, detail }) => [attempt, outcome, detail])).toEqual([
      [1, 'FAILED', 'no luck the 1. time'],
      [2, 'FAILED', 'no luck the 2. time'],
      [3, 'SUCCEEDED', 'at last'],
    ]);
    const [first, second, third] = runs.map(({ startedAt }) => startedAt.getTime());
    expect((third ?? 0) - (second ?? 0)).toBeGreaterThan(0.9 * ((second ?? 0) - (first ?? 0)));
    expect((await site.runs('steady')).filter(succeeded).length).toBeGreaterThanOrEqual(3);
    const [shown] = await jobs.service.list();
    expect(shown).toMatchObject({ name: 'failing', lastRun: { outcome: 'SUCCEEDED', attempt: 3 } });
  });

  it('that is under way is not begun a second time', async () => {
    let end: (what: string) => void = () => undefined;
    const { worker, service } = site.open([
      jobNamed('slow', () => new Promise<string>((resolve) => (end = resolve))),
    ]);
    worker.start();
    await site.runsUntil('slow', (runs) => runs.length === 1);
    expect(await service.request({ name: 'slow' })).toEqual({ name: 'slow', status: 'ALREADY_REQUESTED' });
    expect((await service.list())[0]?.lastRun).toMatchObject({ outcome: 'RUNNING', durationMs: null });
    end('done');
    await site.runsUntil('slow', (runs) => runs.every(succeeded));
  });

  it('is told to end when its process stops, and is run again by another', async () => {
    const job = jobNamed('long', async ({ signal }) => {
      await once(signal, 'abort');
      throw new Error('not yet done');
    });
    const first = site.open([job]);
    first.worker.start();
    await site.runsUntil('long', (runs) => runs.length === 1);
    await first.close();
    site.open([jobNamed('long', () => Promise.resolve('finished it'))]).worker.start();
    const runs = await site.runsUntil('long', (all) => all.some(succeeded));
    expect(runs.map(({ attempt, outcome }) => [attempt, outcome])).toEqual([
      [1, 'FAILED'],
      [2, 'SUCCEEDED'],
    ]);
  });
});

describe('a job that ends early, when its process stops', () => {
  it('does not count as done', async () => {
    const first = site.open([
      jobNamed('early', async ({ signal }) => {
        await once(signal, 'abort');
        return 'as far as it went';
      }),
    ]);
    first.worker.start();
    await site.runsUntil('early', (runs) => runs.length === 1);
    await first.close();
    site.open([jobNamed('early', () => Promise.resolve('the rest'))]).worker.start();
    const runs = await site.runsUntil('early', (all) => all.some(succeeded));
    expect(runs.map(({ outcome, detail }) => [outcome, detail])).toEqual([
      ['FAILED', 'the process stops'],
      ['SUCCEEDED', 'the rest'],
    ]);
  });
});

describe('a process that only asks', () => {
  it('has a job run by one that works', async () => {
    const job = jobNamed('asked-for', () => Promise.resolve('done'));
    const { service } = site.open([job], { works: false });
    expect(await service.list()).toMatchObject([{ name: 'asked-for', lastRun: null, everySeconds: 86_400 }]);
    expect(await service.request({ name: 'asked-for' })).toMatchObject({ status: 'REQUESTED' });
    expect(await site.runs('asked-for')).toEqual([]);
    site.open([job]).worker.start();
    await site.runsUntil('asked-for', (runs) => runs.some(succeeded));
  });

  it('is told which jobs there are when it names none of them', async () => {
    const { service } = site.open([jobNamed('one', () => Promise.resolve(''))], { works: false });
    await expect(service.request({ name: 'two' })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      field: 'name',
      message: 'name must be one of: one.',
    });
  });
});
