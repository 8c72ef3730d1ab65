import { describe, expect, it } from 'vitest';
import { Differences } from '../../../src/evaluation/differences.js';
import type { EvaluatedChoice } from '../../../src/evaluation/replay.js';

/** A choice with its ranks by a baseline and by another algorithm. */
const choice = (userKey: string, atMs: number, ...ranks: readonly number[]) =>
  ({ event: { userKey, atMs }, ranks: ranks.map((rank) => ({ rank })) }) as unknown as EvaluatedChoice;

describe('the paired differences of two algorithms', () => {
  const differences = new Differences({
    ...{ algorithms: 2, k: 3, middleMs: 10 },
    isInA: (userKey) => userKey === 'ann',
  });
  differences.add(choice('ann', 0, 3, 1));
  differences.add(choice('ann', 20, 1, 1));
  differences.add(choice('bob', 0, 1, 9));
  const { all, usersA, usersB, firstHalf, secondHalf, perUser, usersBetter, usersWorse } = differences.of(
    1,
    0,
    {
      ...{ seed: 1, resamples: 200 },
    },
  );

  it('are means over choices, halves of the users and of the time, and users', () => {
    expect(all?.value).toBeCloseTo((0.5 + 0 - 1) / 3, 12);
    expect(usersA?.value).toBeCloseTo(0.25, 12);
    expect(usersB?.value).toBeCloseTo(-1, 12);
    expect(firstHalf?.value).toBeCloseTo(-0.25, 12);
    expect(secondHalf?.value).toBeCloseTo(0, 12);
    expect(perUser.value).toBeCloseTo((0.25 - 1) / 2, 12);
    expect([usersBetter, usersWorse]).toEqual([1, 1]);
  });

  it('have intervals that contain the extremes of the users', () => {
    expect(perUser.interval).toEqual({ low: -1, high: 0.25 });
    expect(usersA?.interval).toBeNull();
  });
});
