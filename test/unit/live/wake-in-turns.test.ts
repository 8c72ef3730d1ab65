import { expect, it } from 'vitest';
import { wakeInTurns } from '../../../src/live/wake-in-turns.js';

it('wakes everybody once, in order, and lets others have a turn after 50', async () => {
  const woken: number[] = [];
  wakeInTurns(Array.from({ length: 120 }, (_, index) => ({ wake: () => void woken.push(index) })));
  const counts = [woken.length];
  while (woken.length < 120) {
    await new Promise((resolve) => setImmediate(resolve));
    counts.push(woken.length);
  }
  expect(counts).toEqual([50, 100, 120]);
  expect(woken).toEqual(Array.from({ length: 120 }, (_, index) => index));
});
