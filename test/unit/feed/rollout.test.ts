import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseAlgorithm, rolloutPlace } from '../../../src/feed/rollout.js';

const ranking = { personalization: true, algorithm: 'v2', rollout: 100, others: 'v1' } as const;

describe('a rollout', () => {
  it('keeps everyone who is in when it grows', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(100), fc.nat(100), (userKey, a, b) => {
        const [small, large] = a < b ? [a, b] : [b, a];
        const isIn = (rollout: number) =>
          chooseAlgorithm({ ...ranking, rollout }, userKey, null).algorithm === 'v2';
        return !isIn(small) || isIn(large);
      }),
    );
  });

  it('has about the share of people that it names', () => {
    const people = Array.from({ length: 10_000 }, (_, index) => rolloutPlace(`person-${index}`));
    for (const percent of [5, 30, 50, 90]) {
      const share = people.filter((place) => place < percent).length / 100;
      expect(Math.abs(share - percent)).toBeLessThan(2);
    }
  });

  it('of 0 has nobody, not even those without a key, and of 100 everybody', () => {
    for (const userKey of [null, '', 'ann']) {
      expect(chooseAlgorithm({ ...ranking, rollout: 0 }, userKey, null).algorithm).toBe('v1');
      expect(chooseAlgorithm(ranking, userKey, null).algorithm).toBe('v2');
    }
  });

  it('can give the others the ranking of everyone', () => {
    const choice = chooseAlgorithm({ ...ranking, rollout: 0, others: 'global' }, 'ann', null);
    expect(choice).toEqual({ algorithm: 'v2', personal: false });
  });
});

describe('the ranking that a person gets', () => {
  it('is the one asked for, whatever the rollout', () => {
    expect(chooseAlgorithm({ ...ranking, rollout: 0 }, 'ann', 'v2').algorithm).toBe('v2');
    expect(chooseAlgorithm(ranking, 'ann', 'v1').algorithm).toBe('v1');
  });

  it('is the one of everyone while personalization is off, whatever is asked for', () => {
    const off = { ...ranking, personalization: false };
    expect(chooseAlgorithm(off, 'ann', null).personal).toBe(false);
    expect(chooseAlgorithm(off, 'ann', 'v1').personal).toBe(false);
  });
});
