import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseAlgorithm, rolloutPosition } from '../../../src/feed/rollout.js';

const ranking = { personalization: true, algorithm: 'v2', rollout: 100, others: 'v1' } as const;

describe('a rollout', () => {
  it('keeps its users when it grows', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(100), fc.nat(100), (userKey, a, b) => {
        const [small, large] = a < b ? [a, b] : [b, a];
        const isIn = (rollout: number) =>
          chooseAlgorithm({ ...ranking, rollout }, userKey, null).algorithm === 'v2';
        return !isIn(small) || isIn(large);
      }),
    );
  });

  it('contains about the configured share of users', () => {
    const positions = Array.from({ length: 10_000 }, (_, index) => rolloutPosition(`user-${index}`));
    for (const percent of [5, 30, 50, 90]) {
      const share = positions.filter((position) => position < percent).length / 100;
      expect(Math.abs(share - percent)).toBeLessThan(2);
    }
  });

  it('contains no user at 0 and every user at 100, anonymous users included', () => {
    for (const userKey of [null, '', 'ann']) {
      expect(chooseAlgorithm({ ...ranking, rollout: 0 }, userKey, null).algorithm).toBe('v1');
      expect(chooseAlgorithm(ranking, userKey, null).algorithm).toBe('v2');
    }
  });

  it('gives the holdout the global ranking if configured', () => {
    const choice = chooseAlgorithm({ ...ranking, rollout: 0, others: 'global' }, 'ann', null);
    expect(choice).toEqual({ algorithm: 'v2', personal: false });
  });
});

describe('the algorithm of a request', () => {
  it('is the requested algorithm at any rollout percentage', () => {
    expect(chooseAlgorithm({ ...ranking, rollout: 0 }, 'ann', 'v2').algorithm).toBe('v2');
    expect(chooseAlgorithm(ranking, 'ann', 'v1').algorithm).toBe('v1');
  });

  it('is not personal while personalization is off, even if requested', () => {
    const off = { ...ranking, personalization: false };
    expect(chooseAlgorithm(off, 'ann', null).personal).toBe(false);
    expect(chooseAlgorithm(off, 'ann', 'v1').personal).toBe(false);
  });
});
