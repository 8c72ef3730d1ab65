import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addDecayed, decay, decayFactor, type DecayedScore } from '../../../src/domain/decay.js';

describe('decay', () => {
  it.each([
    [8, 0, 8],
    [8, 100, 4],
    [8, 300, 1],
    [-8, 100, -4],
    [8, 50, 8 / Math.SQRT2],
    [0, 100, 0],
  ])('leaves part of %d after %d with a half-life of 100', (value, elapsedMs, expected) => {
    expect(decay(value, elapsedMs, 100)).toBeCloseTo(expected, 12);
  });

  it('does not increase a value when the elapsed time is negative', () => {
    expect(decay(8, -100, 100)).toBe(8);
  });

  it('reaches 0 after a very long time', () => {
    expect(decay(1e300, Number.MAX_SAFE_INTEGER, 1)).toBe(0);
  });

  it('gives the same in two steps as in one', () => {
    const ms = fc.integer({ min: 0, max: 1e7 });
    fc.assert(
      fc.property(fc.double({ min: -100, max: 100, noNaN: true }), ms, ms, (value, first, second) => {
        const inTwo = decay(decay(value, first, 1e6), second, 1e6);
        expect(inTwo).toBeCloseTo(decay(value, first + second, 1e6), 9);
      }),
    );
  });
});

describe('adding to a decayed sum', () => {
  it('moves the sum to the instant of a later amount', () => {
    expect(addDecayed(8, 1000, 3, 1100, 100)).toEqual({ score: 7, atMs: 1100 });
  });

  it('decays an earlier amount and keeps the instant', () => {
    expect(addDecayed(8, 1000, 4, 900, 100)).toEqual({ score: 10, atMs: 1000 });
  });

  it('adds an amount of the same instant in full', () => {
    expect(addDecayed(8, 1000, -3, 1000, 100)).toEqual({ score: 5, atMs: 1000 });
  });

  it('returns the amount when the sum is 0', () => {
    expect(addDecayed(0, 1000, 6, 1000, 100)).toEqual({ score: 6, atMs: 1000 });
    expect(addDecayed(0, 0, 6, 1000, 100)).toEqual({ score: 6, atMs: 1000 });
  });

  it('gives the same sum for every order of arrival', () => {
    const halfLifeMs = 1000;
    const amounts = fc.array(
      fc.record({
        amount: fc.integer({ min: -12, max: 12 }),
        atMs: fc.integer({ min: 0, max: 5000 }),
      }),
      { minLength: 1, maxLength: 10 },
    );
    const arriving = amounts.chain((list) =>
      fc.tuple(
        fc.constant(list),
        fc.shuffledSubarray(list, { minLength: list.length, maxLength: list.length }),
      ),
    );
    const total = (list: { amount: number; atMs: number }[]): DecayedScore =>
      list.reduce<DecayedScore>(
        (sum, { amount, atMs }) => addDecayed(sum.score, sum.atMs, amount, atMs, halfLifeMs),
        { score: 0, atMs: 0 },
      );
    fc.assert(
      fc.property(arriving, ([list, permuted]) => {
        expect(total(permuted).atMs).toBe(total(list).atMs);
        expect(total(permuted).score).toBeCloseTo(total(list).score, 9);
      }),
    );
  });
});

describe('decay factor', () => {
  it('is exact for whole half-lives and 0 beyond 1,000 of them', () => {
    expect([0, 10, 20, 30, 10_000, Infinity].map((elapsed) => decayFactor(elapsed, 10))).toEqual([
      ...[1, 0.5, 0.25, 0.125],
      ...[2 ** -1_000, 0],
    ]);
    expect(decayFactor(10_001, 10)).toBe(0);
  });

  it('differs from 2^(−elapsed / half-life) by at most 3e-13 of it and never increases', () => {
    const elapsed = fc.double({ min: 0, max: 990, noNaN: true });
    fc.assert(
      fc.property(elapsed, elapsed, (one, other) => {
        const exact = 2 ** -one;
        expect(Math.abs(decayFactor(one, 1) - exact)).toBeLessThanOrEqual(3e-13 * exact);
        if (one - other > 1e-9) expect(decayFactor(one, 1)).toBeLessThan(decayFactor(other, 1));
      }),
    );
  });
});
