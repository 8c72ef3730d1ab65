import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addDecayed, decay, type DecayedScore } from '../../../src/scoring/shared/decay.js';

describe('decay', () => {
  it.each([
    [8, 0, 8],
    [8, 100, 4],
    [8, 300, 1],
    [-8, 100, -4],
    [8, 50, 8 / Math.SQRT2],
    [0, 100, 0],
  ])('of %d after %d of a half-life of 100', (value, elapsedMs, expected) => {
    expect(decay(value, elapsedMs, 100)).toBeCloseTo(expected, 12);
  });

  it('never makes a value grow when clocks disagree', () => {
    expect(decay(8, -100, 100)).toBe(8);
  });

  it('comes to 0 in the end, and stays finite', () => {
    expect(decay(1e300, Number.MAX_SAFE_INTEGER, 1)).toBe(0);
  });

  it('in two steps is decay in one', () => {
    const ms = fc.integer({ min: 0, max: 1e7 });
    fc.assert(
      fc.property(fc.double({ min: -100, max: 100, noNaN: true }), ms, ms, (value, first, second) => {
        const inTwo = decay(decay(value, first, 1e6), second, 1e6);
        expect(inTwo).toBeCloseTo(decay(value, first + second, 1e6), 9);
      }),
    );
  });
});

describe('adding to a decaying sum', () => {
  it('moves the sum forward for a later amount', () => {
    expect(addDecayed(8, 1000, 3, 1100, 100)).toEqual({ score: 7, atMs: 1100 });
  });

  it('adds an earlier amount decayed and leaves the instant', () => {
    expect(addDecayed(8, 1000, 4, 900, 100)).toEqual({ score: 10, atMs: 1000 });
  });

  it('adds an amount of the same instant in full', () => {
    expect(addDecayed(8, 1000, -3, 1000, 100)).toEqual({ score: 5, atMs: 1000 });
  });

  it('starts from nothing with the amount as it is', () => {
    expect(addDecayed(0, 1000, 6, 1000, 100)).toEqual({ score: 6, atMs: 1000 });
    expect(addDecayed(0, 0, 6, 1000, 100)).toEqual({ score: 6, atMs: 1000 });
  });

  it('gives the same sum in whatever order the amounts arrive', () => {
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
