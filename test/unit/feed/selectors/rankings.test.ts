import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BoundedRanking } from '../../../../src/feed/selectors/bounded-ranking.js';
import { DiscountedRanking } from '../../../../src/feed/selectors/discounted-ranking.js';
import { HighestValues } from '../../../../src/lib/highest-values.js';
import { scannedRanking } from '../../../../src/feed/selectors/ranking.js';
import { SharedOrder } from '../../../../src/feed/selectors/shared-order.js';

/** Rows with few values, so that many are equal. */
const anyRows = (maxLength: number) =>
  fc.array(
    fc.record({
      value: fc.integer({ min: 0, max: 12 }),
      volume: fc.nat({ max: 2 }),
      isRemoved: fc.boolean(),
      discount: fc.constantFrom(1, 1, 1, 0.5, 0.25, 0),
      excess: fc.integer({ min: 0, max: 4 }),
      isWanted: fc.boolean(),
    }),
    { maxLength, size: 'max' },
  );
const counts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 3 });

type Rows = readonly {
  readonly value: number;
  readonly volume: number;
  readonly isRemoved: boolean;
  readonly discount: number;
  readonly isWanted: boolean;
}[];

const columnsOf = (rows: Rows) => ({
  all: Int32Array.from(rows.keys()),
  eligible: Int32Array.from([...rows.keys()].filter((row) => rows[row]?.isRemoved === false)),
  removedBy: Uint8Array.from(rows, ({ isRemoved }) => Number(isRemoved)),
  volumeTotal: Float64Array.from(rows, ({ volume }) => volume),
  wanted: (row: number) => rows[row]?.isWanted === true,
});

describe('a ranking by a shared order and discounts', () => {
  it('equals a scan of the discounted values', () => {
    fc.assert(
      fc.property(anyRows(900), counts, fc.constantFrom(0, -Infinity), (rows, wantedCounts, above) => {
        const { all, eligible, removedBy, volumeTotal, wanted } = columnsOf(rows);
        const values = Float64Array.from(rows, ({ value }) => value);
        const discount = Float64Array.from(rows, (row) => row.discount);
        const key = values.map((value, row) => value * (discount[row] ?? NaN));
        const discounted = all.filter((row) => discount[row] !== 1);
        const order = new SharedOrder(values, volumeTotal, above);
        const discounts = { discount, changed: new Uint8Array(rows.length), rows: discounted };
        const ranking = new DiscountedRanking(order, removedBy, discounts, new Float64Array(rows.length));
        const scanned = scannedRanking(eligible, { key, volumeTotal }, above);
        for (const count of [...wantedCounts, 1_000])
          for (const condition of [null, wanted]) {
            const best = ranking.best(count, condition);
            expect([...best]).toEqual([...scanned.best(count, condition)]);
            expect([...best].map((row) => ranking.keyOf(row))).toEqual([...best].map((row) => key[row]));
          }
      }),
    );
  });
});

describe('a ranking by bounds', () => {
  const ranking = new BoundedRanking();

  it.each([true, false])('equals a scan of all scores, refined: %s', (isRefined) => {
    fc.assert(
      fc.property(anyRows(900), counts, (rows, wantedCounts) => {
        const { eligible, removedBy, volumeTotal, wanted } = columnsOf(rows);
        const key = Float64Array.from(rows, ({ value }) => value);
        const final = new Float64Array(rows.length).fill(NaN);
        const closest = Float64Array.from(rows, ({ value, excess }) => value + excess - 5);
        const refine = (some: Int32Array) => {
          for (const row of some) bounds[row] = closest[row] ?? NaN;
        };
        const bounds = closest.map((bound, row) => bound + (isRefined ? row % 3 : 0));
        ranking.load(
          {
            final,
            score: (some) => {
              for (const row of some) final[row] = key[row] ?? NaN;
            },
            bounds: () => ({ bounds, slack: 5, refine: isRefined ? refine : null }),
          },
          removedBy,
          volumeTotal,
        );
        const scanned = scannedRanking(eligible, { key, volumeTotal }, -Infinity);
        for (const count of wantedCounts)
          for (const condition of [null, wanted])
            expect([...ranking.best(count, condition)]).toEqual([...scanned.best(count, condition)]);
      }),
      { numRuns: 300 },
    );
  });

  it('scores few rows if the bounds are close', () => {
    const size = 20_000;
    const key = Float64Array.from({ length: size }, (_, row) => (row * 7_919) % size);
    let scored = 0;
    ranking.load(
      {
        final: key,
        score: (some) => {
          scored += some.length;
        },
        bounds: () => ({ bounds: key.slice(), slack: 0, refine: null }),
      },
      ...([new Uint8Array(size), new Float64Array(size)] as const),
    );
    expect(ranking.best(200, null)).toHaveLength(200);
    expect(scored).toBeLessThan(500);
  });
});

describe('the highest values', () => {
  it('are found exactly, and estimated from all of few values', () => {
    const highest = new HighestValues();
    const value = fc.oneof(fc.integer({ min: 0, max: 20 }), fc.constant(-Infinity));
    fc.assert(
      fc.property(fc.array(value, { maxLength: 255 }), fc.integer({ min: 1, max: 60 }), (values, count) => {
        const expected = values.toSorted((a, b) => b - a)[count - 1] ?? -Infinity;
        const valueAt = (index: number): number => values[index] ?? NaN;
        expect(highest.exact(count, values.length, valueAt)).toBe(expected);
        expect(highest.estimate(count, values.length, valueAt)).toBe(expected);
      }),
    );
  });
});
