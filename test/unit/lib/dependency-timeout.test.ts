import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { withDependencyTimeout } from '../../../src/lib/dependency-timeout.js';
import { responsiveNow } from '../../../src/lib/responsive-time.js';
import { TimeoutError } from '../../../src/lib/timeout.js';
import { StatementsInFlight } from '../../../src/storage/database/statements-in-flight.js';

const TIMEOUT_MS = 60;

function blockEventLoop(ms: number): void {
  const untilMs = performance.now() + ms;
  while (performance.now() < untilMs);
}

const stalled = (): boolean => true;
const never = (): Promise<never> => new Promise(() => undefined);

describe('a call with a dependency timeout', () => {
  it('settles as the work does', async () => {
    await expect(withDependencyTimeout(() => Promise.resolve(1), TIMEOUT_MS, stalled)).resolves.toBe(1);
    await expect(
      withDependencyTimeout(() => Promise.reject(new Error('no')), TIMEOUT_MS, stalled),
    ).rejects.toThrow('no');
  });

  it('fails when the dependency is stalled', async () => {
    await expect(withDependencyTimeout(never, TIMEOUT_MS, stalled)).rejects.toThrow(TimeoutError);
  });

  it('does not count time during which the event loop is blocked', async () => {
    const result = withDependencyTimeout(() => sleep(TIMEOUT_MS / 2, 'late'), TIMEOUT_MS, stalled);
    blockEventLoop(4 * TIMEOUT_MS);
    await expect(result).resolves.toBe('late');
  });

  it('waits while the dependency responds to others, and fails once it does not', async () => {
    const asked: number[] = [];
    const responsive = (forMs: number): boolean => {
      asked.push(forMs);
      return asked.length > 3;
    };
    await expect(withDependencyTimeout(never, TIMEOUT_MS, responsive)).rejects.toThrow(TimeoutError);
    expect(asked).toEqual([TIMEOUT_MS, TIMEOUT_MS, TIMEOUT_MS, TIMEOUT_MS]);
  });

  it('asks no more once the work is done', async () => {
    let asked = 0;
    const work = withDependencyTimeout(
      () => sleep(2 * TIMEOUT_MS),
      TIMEOUT_MS,
      () => {
        asked += 1;
        return false;
      },
    );
    await work;
    const before = asked;
    await sleep(TIMEOUT_MS);
    expect(before).toBeGreaterThan(0);
    expect(asked).toBe(before);
  });
});

it('the responsive clock stands still while the event loop is blocked', async () => {
  await sleep(20);
  const before = responsiveNow();
  blockEventLoop(500);
  expect(responsiveNow() - before).toBeLessThan(50);
});

describe('the statements in flight', () => {
  it('are stalled when the oldest one waits that long', async () => {
    const statements = new StatementsInFlight();
    const { promise, resolve } = Promise.withResolvers<null>();
    statements.add(promise);
    expect(statements.isStalled(TIMEOUT_MS)).toBe(false);
    await expect.poll(() => statements.isStalled(TIMEOUT_MS)).toBe(true);
    statements.add(never());
    resolve(null);
    await promise;
    expect(statements.isStalled(TIMEOUT_MS)).toBe(false);
  });

  it('are stalled without a statement, because a caller then waits for a connection', () => {
    expect(new StatementsInFlight().isStalled(TIMEOUT_MS)).toBe(true);
  });

  it('do not keep a statement that failed', async () => {
    const statements = new StatementsInFlight();
    const failed = Promise.reject(new Error('no'));
    statements.add(failed);
    await failed.catch(() => undefined);
    expect(statements.isStalled(TIMEOUT_MS)).toBe(true);
  });
});
