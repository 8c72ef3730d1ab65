import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { repeat } from '../../../src/jobs/repeat.js';
import { recordingLogger } from '../../support/log-lines.js';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

it('runs the task for the first time after the interval, and then again and again', async () => {
  const task = vi.fn(() => Promise.resolve());
  const repetition = repeat('trends', 1_000, task, recordingLogger().logger);
  await vi.advanceTimersByTimeAsync(999);
  expect(task).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  expect(task).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(3_000);
  expect(task).toHaveBeenCalledTimes(4);
  await repetition.stop();
});

it('counts the interval from the end of a run, so that slow runs never pile up', async () => {
  const finish: (() => void)[] = [];
  const task = vi.fn(() => new Promise<void>((resolve) => finish.push(resolve)));
  const repetition = repeat('trends', 1_000, task, recordingLogger().logger);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(task).toHaveBeenCalledTimes(1);
  finish[0]?.();
  await vi.advanceTimersByTimeAsync(999);
  expect(task).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(task).toHaveBeenCalledTimes(2);
  finish[1]?.();
  await repetition.stop();
});

it('logs a run that fails, and goes on', async () => {
  const { logger, lines } = recordingLogger();
  const task = vi
    .fn<() => Promise<void>>()
    .mockRejectedValueOnce(new Error('no database'))
    .mockImplementationOnce(() => {
      throw new Error('no luck');
    })
    .mockResolvedValue();
  const repetition = repeat('trends', 1_000, task, logger);
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
  await repetition.stop();
});

it('starts no run after it was stopped, and leaves no timer', async () => {
  const task = vi.fn(() => Promise.resolve());
  const repetition = repeat('trends', 1_000, task, recordingLogger().logger);
  await vi.advanceTimersByTimeAsync(999);
  await repetition.stop();
  expect(vi.getTimerCount()).toBe(0);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(task).not.toHaveBeenCalled();
});

it('has stopped only when the run under way has ended, which starts no other', async () => {
  let finish = (): void => undefined;
  const task = vi.fn(() => new Promise<void>((resolve) => (finish = resolve)));
  const repetition = repeat('trends', 1_000, task, recordingLogger().logger);
  await vi.advanceTimersByTimeAsync(1_000);
  let stopped = false;
  const stopping = repetition.stop().then(() => (stopped = true));
  await vi.advanceTimersByTimeAsync(5_000);
  expect(stopped).toBe(false);
  finish();
  await stopping;
  expect(vi.getTimerCount()).toBe(0);
  expect(task).toHaveBeenCalledTimes(1);
});
