import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compose } from '../../../../src/feed/composition/compose.js';
import { explore } from '../../../../src/feed/composition/explore.js';
import { gumbelTopK } from '../../../../src/feed/composition/gumbel-top-k.js';
import { inclusionProbabilities } from '../../../../src/feed/composition/inclusion-probability.js';
import { seededGenerator } from '../../../../src/feed/composition/seeded-generator.js';
import { pageInput, type Row } from './input.js';

const SEEDS = 20_000;

/** By the order in which indexes are drawn, joined by commas, its probability: by trying all orders. */
function orderProbabilities(weights: readonly number[], picks: number): Map<string, number> {
  const orders = new Map<string, number>();
  const draw = (drawn: number[], probability: number): void => {
    if (drawn.length === picks) {
      orders.set(drawn.join(), probability);
      return;
    }
    const left = [...weights.keys()].filter((index) => !drawn.includes(index));
    const sum = left.reduce((total, index) => total + (weights[index] ?? 0), 0);
    for (const index of left) draw([...drawn, index], (probability * (weights[index] ?? 0)) / sum);
  };
  draw([], 1);
  return orders;
}

const probabilityOf = (orders: Map<string, number>, index: number): number =>
  [...orders].reduce((sum, [order, p]) => (order.split(',').includes(String(index)) ? sum + p : sum), 0);

/** What χ² with so many degrees of freedom exceeds once in ten thousand times (Wilson & Hilferty 1931). */
const criticalChiSquare = (degrees: number): number =>
  degrees * (1 - 2 / (9 * degrees) + 3.719 * Math.sqrt(2 / (9 * degrees))) ** 3;

/** χ² of how often each thing was in the sample against its probability, one standard normal for each. */
function chiSquare(counts: ReadonlyMap<number, number>, probabilities: ReadonlyMap<number, number>): number {
  let sum = 0;
  for (const [thing, p] of probabilities) {
    if (p === 1) continue;
    sum += ((counts.get(thing) ?? 0) - SEEDS * p) ** 2 / (SEEDS * p * (1 - p));
  }
  return sum;
}

const count = (counts: Map<number, number>, thing: number): unknown =>
  counts.set(thing, (counts.get(thing) ?? 0) + 1);

describe('the probability of being in a sample without replacement', () => {
  it('is that of all orders of drawing together', () => {
    const weight = fc.double({ min: 1e-3, max: 1, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(weight, { minLength: 2, maxLength: 6 }),
        fc.integer({ min: 1, max: 6 }),
        (weights, k) => {
          const picks = Math.min(k, weights.length);
          const orders = orderProbabilities(weights, picks);
          const all = [...weights.keys()];
          const included = inclusionProbabilities(Float64Array.from(weights), picks, all);
          for (const index of all) expect(included[index]).toBeCloseTo(probabilityOf(orders, index), 7);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('is exact where one weight outweighs all others by far', () => {
    const weights = [1, 1e-13, 1e-13, 1e-13];
    const [heavy, light] = inclusionProbabilities(Float64Array.from(weights), 3, [0, 1]);
    expect(heavy).toBeCloseTo(1, 7);
    expect(light).toBeCloseTo(2 / 3, 7);
  });

  it.each([3, 7, 10, 35])('adds up to the number of picks, for %i of 256', (picks) => {
    const weights = Float64Array.from({ length: 256 }, (_, i) => 0.05 * ((i % 97) + 1) ** 2);
    const included = inclusionProbabilities(weights, picks, [...weights.keys()]);
    expect(included.reduce((sum, p) => sum + p, 0)).toBeCloseTo(picks, 6);
  });

  it.each([1, 2, 3, 10, 100])('is the same for all of the same weight, for %i of 200', (picks) => {
    const [one] = inclusionProbabilities(new Float64Array(200).fill(0.05), picks, [17]);
    expect(one).toBeCloseTo(picks / 200, 6);
  });
});

describe('drawing by Gumbel keys', () => {
  it('draws every order as often as drawing one by one would, over neighbouring seeds', () => {
    const weights = [5, 3, 2, 1, 0.5];
    const orders = orderProbabilities(weights, 2);
    const counts = new Map<string, number>();
    for (let seed = 0; seed < SEEDS; seed += 1) {
      const order = gumbelTopK(seededGenerator(seed), Float64Array.from(weights), 2).join();
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    const chi = [...orders].reduce(
      (sum, [order, p]) => sum + ((counts.get(order) ?? 0) - SEEDS * p) ** 2 / (SEEDS * p),
      0,
    );
    expect(chi).toBeLessThan(criticalChiSquare(orders.size - 1));
  });
});

describe('exploring', () => {
  it.each([1, 3])('has the propensity with which a row is drawn, %i of 600 in groups', (picks) => {
    const weight = Float64Array.from({ length: 600 }, (_, row) => (row % 10) + (row < 20 ? 30 : 1));
    const pool = Int32Array.from({ length: 600 }, (_, row) => row);
    const counts = new Map<number, number>();
    const propensities = new Map<number, number>();
    const unlike: number[] = [];
    for (let seed = 0; seed < SEEDS; seed += 1) {
      const drawn = explore(pool, weight, picks, seededGenerator(seed));
      for (const { row, propensity } of drawn) {
        count(counts, row);
        if (propensity !== (propensities.get(row) ?? propensity)) unlike.push(row);
        propensities.set(row, propensity);
      }
    }
    expect(unlike).toEqual([]);
    expect(propensities.size).toBe(600);
    expect([...propensities.values()].reduce((sum, p) => sum + p, 0)).toBeCloseTo(picks, 6);
    expect(chiSquare(counts, propensities)).toBeLessThan(criticalChiSquare(600));
    const sum = weight.reduce((total, one) => total + one, 0);
    if (picks === 1) for (const [row, p] of propensities) expect(p).toBeCloseTo((weight[row] ?? 0) / sum, 12);
  });

  it.each([
    ['personalized', true, 10, 1],
    ['personalized', true, 20, 2],
    ['general', false, 20, 7],
  ])('states on a %s page how often a market is on it over seeds', (_, personalized, limit, explored) => {
    // Categories and events are few, so the limits and the other slots are at work on the explored rows too.
    const rows = Array.from({ length: 60 }, (_, i): Row => ({
      category: i % 7,
      event: i % 3 === 0 ? -1 : i % 17,
      personal: (i * 37) % 61,
      trending: i % 4 === 0 ? i : 0,
      weight: i % 5 === 0 ? 0 : 0.01 * ((i % 6) + 1),
    }));
    const counts = new Map<number, number>();
    const propensities = new Map<number, number>();
    const others = new Set<string>();
    for (let seed = 0; seed < SEEDS; seed += 1) {
      const { items } = compose(pageInput(rows, { personalized, limit, seed }));
      for (const { row, slot, propensity } of items) {
        count(counts, row);
        if (slot === 'EXPLORATION') propensities.set(row, propensity ?? 0);
      }
      const fixed = items
        .filter(({ slot }) => slot !== 'EXPLORATION')
        .map(({ row, slot }) => `${slot} ${row}`);
      others.add(fixed.sort().join());
    }
    expect(others.size).toBe(1);
    expect([...propensities.values()].reduce((sum, p) => sum + p, 0)).toBeCloseTo(explored, 6);
    expect(chiSquare(counts, propensities)).toBeLessThan(criticalChiSquare(propensities.size));
  });

  it('draws another sample for another seed, and also tells seeds apart by their upper bits', () => {
    const rows = Array.from({ length: 200 }, (): Row => ({ weight: 1 }));
    const drawn = (seed: bigint): string =>
      JSON.stringify(
        compose(pageInput(rows, { limit: 50, seed })).items.filter(({ propensity }) => propensity !== null),
      );
    expect(drawn(1n)).toBe(drawn(1n));
    expect(drawn(1n)).not.toBe(drawn(2n));
    expect(drawn(1n)).not.toBe(drawn(1n + (1n << 40n)));
  });

  it('draws none of weight 0', () => {
    const rows = Array.from({ length: 100 }, (_, i): Row => ({ weight: i % 2 }));
    for (let seed = 0; seed < 50; seed += 1) {
      const { items } = compose(pageInput(rows, { limit: 40, seed }));
      for (const { row, slot } of items) if (slot === 'EXPLORATION') expect(row % 2).toBe(1);
    }
  });
});
