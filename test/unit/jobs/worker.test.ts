import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { JobWorker } from '../../../src/jobs/job-worker.js';
import { recordingLogger } from '../../support/log-lines.js';

const MINUTE_MS = 60_000;

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 5, 15, 0, 0, 10) });
});

afterEach(() => {
  vi.useRealTimers();
});

function workerFor(everySeconds: number, tick: () => Promise<boolean>): JobWorker {
  return new JobWorker({
    queue: { tick, work: () => Promise.resolve() },
    jobs: [{ name: 'nightly', description: 'Tidies.', everySeconds, run: () => Promise.resolve('done') }],
    runs: { start: () => Promise.resolve(1n), finish: () => Promise.resolve() },
    name: 'here:1',
    clock: Date.now,
    logger: recordingLogger().logger,
  });
}

it('asks again within a minute for a time that could not be asked for when it began', async () => {
  const tick = vi.fn(() => Promise.reject(new Error('no database')));
  const worker = workerFor(86_400, tick);
  worker.start();
  await vi.advanceTimersByTimeAsync(0);
  expect(tick).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(MINUTE_MS);
  expect(tick).toHaveBeenCalledTimes(2);
  await vi.advanceTimersByTimeAsync(10 * MINUTE_MS);
  expect(tick).toHaveBeenCalledTimes(12);
  await worker.stop();
  await vi.advanceTimersByTimeAsync(10 * MINUTE_MS);
  expect(tick).toHaveBeenCalledTimes(12);
});

it('asks a moment into each time, and once more for a clock that is ahead', async () => {
  const asked: number[] = [];
  const worker = workerFor(60, () => {
    asked.push(Date.now() % MINUTE_MS);
    return Promise.resolve(true);
  });
  worker.start();
  await vi.advanceTimersByTimeAsync(2 * MINUTE_MS);
  expect(asked).toEqual([10_000, 200, 5_000, 200, 5_000]);
  await worker.stop();
});
