import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { explorationPool, explore, seededGenerator } from '../../../../src/feed/selectors/exploration.js';
import { selectSlate } from '../../../../src/feed/selectors/select-slate.js';
import { SlateLimits } from '../../../../src/feed/selectors/slate-limits.js';
import { criticalChiSquare } from '../../../support/chi-square.js';
import { anyRows, slateInput, type Row } from './slate-input.js';

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

const inclusionProbability = (orders: Map<string, number>, index: number): number =>
  [...orders].reduce((sum, [order, p]) => (order.split(',').includes(String(index)) ? sum + p : sum), 0);

/**
 * Accumulates, by row, the inverse propensities of the times that it was explored. Over n seeds they sum to n if the
 * propensities match the frequencies: that is what makes off-policy estimates unbiased.
 */
class InversePropensities {
  readonly #sums = new Map<number, { sum: number; squares: number; count: number }>();
  #seeds = 0;

  add(explored: readonly { row: number; propensity: number | null }[]): void {
    this.#seeds += 1;
    for (const { row, propensity } of explored) {
      const weight = 1 / (propensity ?? NaN);
      const sums = this.#sums.get(row) ?? { sum: 0, squares: 0, count: 0 };
      this.#sums.set(row, {
        sum: sums.sum + weight,
        squares: sums.squares + weight * weight,
        count: sums.count + 1,
      });
    }
  }

  get rows(): number[] {
    return [...this.#sums.keys()];
  }

  /** Σ over rows of the squared distance of the sum from the number of seeds, in standard deviations. */
  get chiSquare(): number {
    const n = this.#seeds;
    let chi = 0;
    for (const { sum, squares } of this.#sums.values()) {
      const variance = squares / n - (sum / n) ** 2;
      if (variance > 1e-12) chi += (sum - n) ** 2 / (n * variance);
      else expect(sum).toBeCloseTo(n, 6);
    }
    return chi;
  }
}

const exploredOf = (rows: readonly Row[], changes: Parameters<typeof slateInput>[1]) =>
  selectSlate(slateInput(rows, changes)).items.filter(({ slot }) => slot === 'EXPLORATION');

describe('exploring', () => {
  it('draws every order as often as drawing one by one would, over neighboring seeds', () => {
    const weights = [5, 3, 2, 1, 0.5];
    const orders = orderProbabilities(weights, 2);
    const counts = new Map<string, number>();
    const pool = Int32Array.from(weights.keys());
    for (let seed = 0; seed < SEEDS; seed += 1) {
      const drawn = explore(pool, Float64Array.from(weights), 2, seededGenerator(seed));
      const order = drawn.map(({ row }) => row).join();
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    const chi = [...orders].reduce(
      (sum, [order, p]) => sum + ((counts.get(order) ?? 0) - SEEDS * p) ** 2 / (SEEDS * p),
      0,
    );
    expect(chi).toBeLessThan(criticalChiSquare(orders.size - 1));
  });

  it('includes each row with the frequency of drawing one by one, for any weights', () => {
    const weights = [0.002, 0.9, 0.3, 0.3, 0.05, 0.0001, 0.7];
    const picks = 3;
    const orders = orderProbabilities(weights, picks);
    const pool = Int32Array.from(weights.keys());
    const counts = new Float64Array(weights.length);
    for (let seed = 0; seed < SEEDS; seed += 1) {
      for (const { row } of explore(pool, Float64Array.from(weights), picks, seededGenerator(seed)))
        counts[row] = (counts[row] ?? 0) + 1;
    }
    for (const row of pool) {
      const p = inclusionProbability(orders, row);
      expect(Math.abs((counts[row] ?? 0) - SEEDS * p)).toBeLessThan(4.5 * Math.sqrt(SEEDS * p * (1 - p)) + 1);
    }
  });

  it.each([1, 2, 3, 10])('has propensities that match the frequencies, %i of 100', (picks) => {
    const weight = Float64Array.from({ length: 100 }, (_, row) => (row % 10) + (row < 20 ? 30 : 3));
    const pool = Int32Array.from({ length: 100 }, (_, row) => row);
    const inverse = new InversePropensities();
    for (let seed = 0; seed < SEEDS; seed += 1)
      inverse.add(explore(pool, weight, picks, seededGenerator(seed)));
    expect(inverse.rows).toHaveLength(100);
    expect(inverse.chiSquare).toBeLessThan(criticalChiSquare(100));
  });

  it('has the exact propensities of drawing one by one for one and two picks', () => {
    const weight = fc.double({ min: 1e-3, max: 1, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(weight, { minLength: 3, maxLength: 6 }),
        fc.constantFrom(1, 2),
        fc.nat(),
        (list, picks, seed) => {
          const orders = orderProbabilities(list, picks);
          const pool = Int32Array.from(list.keys());
          for (const { row, propensity } of explore(
            pool,
            Float64Array.from(list),
            picks,
            seededGenerator(seed),
          ))
            expect(propensity).toBeCloseTo(inclusionProbability(orders, row), 9);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('has propensity 1 for a pool that is drawn entirely', () => {
    const drawn = explore(Int32Array.of(4, 7), new Float64Array(8).fill(0.1), 2, seededGenerator(1));
    expect(drawn.map(({ propensity }) => propensity)).toEqual([1, 1]);
  });

  it.each([
    ['personalized', true, 10, 1],
    ['personalized', true, 20, 2],
    ['global', false, 20, 7],
  ])('states propensities on a %s slate that match its frequencies', (_, personalized, limit, explored) => {
    // Categories and events are few, so the limits and the other slots restrict the explored rows too.
    const rows = Array.from({ length: 60 }, (_, i): Row => ({
      category: i % 7,
      event: i % 3 === 0 ? -1 : i % 17,
      personal: (i * 37) % 61,
      trending: i % 4 === 0 ? i : 0,
      weight: i % 5 === 0 ? 0 : 0.01 * ((i % 6) + 1),
    }));
    const input = slateInput(rows, { personalized, limit });
    const inverse = new InversePropensities();
    const others = new Set<string>();
    const counts = new Set<number>();
    for (let seed = 0; seed < SEEDS; seed += 1) {
      const { items } = selectSlate({ ...input, seed });
      const exploredItems = items.filter(({ slot }) => slot === 'EXPLORATION');
      counts.add(exploredItems.length);
      inverse.add(exploredItems);
      const fixed = items.flatMap(({ row, slot }) => (slot === 'EXPLORATION' ? [] : [`${slot} ${row}`]));
      others.add(fixed.sort().join());
    }
    expect([...counts]).toEqual([explored]);
    expect(others.size).toBe(1);
    expect(inverse.chiSquare).toBeLessThan(criticalChiSquare(inverse.rows.length));
  });

  it('draws another sample for another seed, and distinguishes seeds by their upper bits', () => {
    const rows = Array.from({ length: 200 }, (): Row => ({ weight: 1 }));
    const drawn = (seed: bigint): string => JSON.stringify(exploredOf(rows, { limit: 50, seed }));
    expect(drawn(1n)).toBe(drawn(1n));
    expect(drawn(1n)).not.toBe(drawn(2n));
    expect(drawn(1n)).not.toBe(drawn(1n + (1n << 40n)));
  });

  it('draws no row of weight 0', () => {
    const rows = Array.from({ length: 100 }, (_, i): Row => ({ weight: i % 2 }));
    for (let seed = 0; seed < 50; seed += 1)
      for (const { row } of exploredOf(rows, { limit: 40, seed })) expect(row % 2).toBe(1);
  });

  it('draws distinct rows of the pool for any weights', () => {
    const weights = fc.array(fc.double({ min: 1e-9, max: 1, noNaN: true }), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(weights, fc.nat({ max: 20 }), fc.nat(), (list, most, seed) => {
        const pool = Int32Array.from(list.keys());
        const picks = Math.min(most, list.length);
        const drawn = explore(pool, Float64Array.from(list), picks, seededGenerator(seed));
        expect(new Set(drawn.map(({ row }) => row)).size).toBe(picks);
        for (const { propensity } of drawn) {
          expect(propensity).toBeGreaterThan(0);
          expect(propensity).toBeLessThanOrEqual(1);
        }
      }),
    );
  });
});

describe('the pool of exploration', () => {
  it('has the eligible rows of positive weight that are not on the slate, the heaviest of events with little room', () => {
    const caps = fc.record({
      ...{ categoryPositions: fc.constant(0), perCategory: fc.constant(1) },
      ...{ eventPositions: fc.constantFrom(0, 3), perEventFirst: fc.constant(1) },
      perEventPage: fc.integer({ min: 1, max: 3 }),
    });
    const slates = fc.uniqueArray(fc.nat({ max: 119 }), { maxLength: 8 });
    fc.assert(
      fc.property(
        anyRows(120, 6, 12),
        caps,
        slates,
        fc.integer({ min: 1, max: 4 }),
        (rows, limitsOf, some, picks) => {
          const isEligible = (row: number) => row % 5 !== 0;
          const input = slateInput(rows, { isEligible });
          const limits = new SlateLimits(limitsOf, input.columns);
          const onSlate = some.filter((row) => row < rows.length && isEligible(row));
          for (const row of onSlate) limits.add(row);
          const weightOf = (row: number): number => rows[row]?.weight ?? 0;
          const candidates = [...rows.keys()].filter(
            (row) => isEligible(row) && weightOf(row) > 0 && !onSlate.includes(row),
          );
          const expected = candidates.filter((row) => {
            const event = rows[row]?.event ?? -1;
            const room = limits.eventRoom(event);
            const heavier = candidates.filter(
              (other) =>
                rows[other]?.event === event &&
                (weightOf(other) > weightOf(row) || (weightOf(other) === weightOf(row) && other < row)),
            );
            return room >= picks || heavier.length < room;
          });
          expect([...explorationPool(input, limits, onSlate, picks)]).toEqual(expected);
        },
      ),
      { numRuns: 500 },
    );
  });
});
