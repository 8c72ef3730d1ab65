import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { repeat } from '../../../src/lib/repeat.js';
import { recordingLogger } from '../../support/log-lines.js';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

it('runs the task after each interval', async () => {
  const task = vi.fn(() => Promise.resolve());
  const repeating = repeat('trends', 1_000, task, recordingLogger().logger);
  await vi.advanceTimersByTimeAsync(999);
  expect(task).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  expect(task).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(3_000);
  expect(task).toHaveBeenCalledTimes(4);
  await repeating.stop();
});

it('measures the interval from the end of a run, so that slow runs never overlap', async () => {
  const finish: (() => void)[] = [];
  const task = vi.fn(() => new Promise<void>((resolve) => finish.push(resolve)));
  const repeating = repeat('trends', 1_000, task, recordingLogger().logger);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(task).toHaveBeenCalledTimes(1);
  finish[0]?.();
  await vi.advanceTimersByTimeAsync(999);
  expect(task).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(task).toHaveBeenCalledTimes(2);
  finish[1]?.();
  await repeating.stop();
});

it('logs a failed run and continues', async () => {
  const { logger, lines } = recordingLogger();
  const task = vi
    .fn<() => Promise<void>>()
    .mockRejectedValueOnce(new Error('no database'))
    .mockImplementationOnce(() => {
      throw new Error('no luck');
    })
    .mockResolvedValue();
  const repeating = repeat('trends', 1_000, task, logger);
  await vi.advanceTimersByTimeAsync(3_000);
  expect(task).toHaveBeenCalledTimes(3);
  expect(lines).toEqual([
    expect.objectContaining({
      level: 40,
      task: 'trends',
      err: expect.objectContaining({ message: 'no database' }) as unknown,
    }),
    expect.objectContaining({
      level: 40,
      task: 'trends',
      err: expect.objectContaining({ message: 'no luck' }) as unknown,
    }),
  ]);
  await repeating.stop();
});

it('starts no run and leaves no timer after it was stopped', async () => {
  const task = vi.fn(() => Promise.resolve());
  const repeating = repeat('trends', 1_000, task, recordingLogger().logger);
  await vi.advanceTimersByTimeAsync(999);
  await repeating.stop();
  expect(vi.getTimerCount()).toBe(0);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(task).not.toHaveBeenCalled();
});

it('waits for the current run when it is stopped, and starts no other', async () => {
  let finish = (): void => undefined;
  const task = vi.fn(() => new Promise<void>((resolve) => (finish = resolve)));
  const repeating = repeat('trends', 1_000, task, recordingLogger().logger);
  await vi.advanceTimersByTimeAsync(1_000);
  let stopped = false;
  const stopping = repeating.stop().then(() => (stopped = true));
  await vi.advanceTimersByTimeAsync(5_000);
  expect(stopped).toBe(false);
  finish();
  await stopping;
  expect(vi.getTimerCount()).toBe(0);
  expect(task).toHaveBeenCalledTimes(1);
});
