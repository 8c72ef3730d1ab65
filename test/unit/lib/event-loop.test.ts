import { setImmediate as nextTurn } from 'node:timers/promises';
import { beforeEach, expect, test } from 'vitest';
import { takeTurn } from '../../../src/lib/event-loop.js';

beforeEach(async () => {
  // Wait for the end of the turn in which the previous test ended.
  await nextTurn();
});

/** Blocks the event loop. */
function work(milliseconds: number): void {
  const endMs = performance.now() + milliseconds;
  while (performance.now() < endMs);
}

/** Counts turns of the event loop. */
function countTurns(): { readonly turn: number; stop: () => void } {
  let turn = 0;
  let isCounting = true;
  const count = (): void => {
    turn += 1;
    if (isCounting) setImmediate(count);
  };
  setImmediate(count);
  return {
    get turn() {
      return turn;
    },
    stop: () => (isCounting = false),
  };
}

/** Runs callers that start at the same time. @returns the turn of the event loop in which each worked. */
async function run(workMs: readonly number[]): Promise<number[]> {
  const counted = countTurns();
  const turns = await Promise.all(
    workMs.map(async (milliseconds) => {
      await takeTurn();
      await Promise.resolve();
      work(milliseconds);
      return counted.turn;
    }),
  );
  counted.stop();
  return turns;
}

test('runs callers with little work in one turn of the event loop', async () => {
  expect(new Set(await run(Array<number>(20).fill(0))).size).toBe(1);
});

test('spreads callers with much work over turns, in order', async () => {
  const turns = await run(Array<number>(6).fill(9));
  expect(turns).toEqual([...turns].sort((a, b) => a - b));
  expect(new Set(turns).size).toBe(6);
});

test('runs several callers in a later turn if it has time for them', async () => {
  const [first = NaN, ...others] = await run([9, ...Array<number>(10).fill(0)]);
  expect(Math.min(...others)).toBeGreaterThan(first);
  expect(new Set(others).size).toBeLessThan(10);
});

test('counts callers from other callbacks of the same turn', async () => {
  const counted = countTurns();
  const turns = await Promise.all(
    [0, 1].map(
      () =>
        new Promise<number>((resolve) => {
          setImmediate(() => {
            void takeTurn().then(() => {
              work(9);
              resolve(counted.turn);
            });
          });
        }),
    ),
  );
  counted.stop();
  expect(turns[1]).toBeGreaterThan(turns[0] ?? NaN);
});
