import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { JobWorker } from '../../../src/jobs/job-worker.js';
import { MINUTE_MS } from '../../../src/lib/time.js';
import { recordingLogger } from '../../support/log-lines.js';

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 5, 15, 0, 0, 10) });
});

afterEach(() => {
  vi.useRealTimers();
});

function workerFor(intervalSeconds: number, enqueueScheduled: () => Promise<boolean>): JobWorker {
  return new JobWorker({
    queue: { enqueueScheduled, work: () => Promise.resolve() },
    jobs: [
      { name: 'nightly', description: 'Test job.', intervalSeconds, run: () => Promise.resolve('done') },
    ],
    runs: { start: () => Promise.resolve(1n), finish: () => Promise.resolve() },
    name: 'host:1',
    clock: Date.now,
    logger: recordingLogger().logger,
  });
}

it('retries every minute while the run of the current period cannot be enqueued', async () => {
  const enqueue = vi.fn(() => Promise.reject(new Error('no database')));
  const worker = workerFor(86_400, enqueue);
  worker.start();
  await vi.advanceTimersByTimeAsync(0);
  expect(enqueue).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(MINUTE_MS);
  expect(enqueue).toHaveBeenCalledTimes(2);
  await vi.advanceTimersByTimeAsync(10 * MINUTE_MS);
  expect(enqueue).toHaveBeenCalledTimes(12);
  await worker.stop();
  await vi.advanceTimersByTimeAsync(10 * MINUTE_MS);
  expect(enqueue).toHaveBeenCalledTimes(12);
});

it('enqueues a run 200 ms and 5 s into each period', async () => {
  const offsetsMs: number[] = [];
  const worker = workerFor(60, () => {
    offsetsMs.push(Date.now() % MINUTE_MS);
    return Promise.resolve(true);
  });
  worker.start();
  await vi.advanceTimersByTimeAsync(2 * MINUTE_MS);
  expect(offsetsMs).toEqual([10_000, 200, 5_000, 200, 5_000]);
  await worker.stop();
});
