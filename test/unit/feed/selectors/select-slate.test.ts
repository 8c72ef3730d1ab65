import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { selectSlate } from '../../../../src/feed/selectors/select-slate.js';
import type { Slate, SlateInput } from '../../../../src/feed/selectors/slate.js';
import { SLOTS, type Slot } from '../../../../src/feed/selectors/slots.js';
import { anyRows, config, keyOf, slateInput, type Row } from './slate-input.js';

const rowsOf = (page: Slate): number[] => page.items.map(({ row }) => row);
const rowsOfSlot = (page: Slate, slot: Slot): number[] =>
  page.items.filter((item) => item.slot === slot).map(({ row }) => row);
const withLambda = (mmrLambda: number, quotas = config.quotas): SlateInput['config'] => ({
  quotas,
  diversity: { ...config.diversity, mmrLambda },
});
const onlyPersonal = { PERSONAL: 1, TRENDING: 0, LOCAL: 0, RISING: 0, EXPLORATION: 0 };
const repeat = (length: number, row: (i: number) => Row): Row[] => Array.from({ length }, (_, i) => row(i));

/** Rows 0–9 are for PERSONAL, 10–14 for TRENDING, 15–17 for LOCAL, 18–20 for RISING, and 21 for EXPLORATION. */
const separate = (change: (row: Row, i: number) => Row = (row) => row): Row[] =>
  [
    ...repeat(10, (i) => ({ personal: 20 - i })),
    ...repeat(5, (i) => ({ trending: 5 - i })),
    ...repeat(3, (i) => ({ local: 3 - i })),
    ...repeat(3, (i) => ({ rising: 3 - i })),
    { weight: 1 },
  ].map(change);

describe('a slate', () => {
  it('gives each slot its best rows by its own key, evenly interleaved, PERSONAL first', () => {
    const page = selectSlate(slateInput(separate(), { limit: 10 }));
    expect(rowsOf(page)).toEqual([0, 10, 1, 15, 2, 18, 21, 3, 11, 4]);
    expect(page.items.map(({ slot }) => slot.charAt(0)).join('')).toBe('PTPLPREPTP');
    expect(page.items.map(({ propensity }) => propensity)).toEqual(
      [0, 0, 0, 0, 0, 0, 1, 0, 0, 0].map((p) => p || null),
    );
    expect(page.notes).toEqual([]);
  });

  it('puts the best PERSONAL item with an image first and keeps the order of the others', () => {
    const rows = separate((row, i) => ({ ...row, hasImage: i === 3 || i === 4 || i === 10 }));
    const page = selectSlate(slateInput(rows, { limit: 10 }));
    expect(rowsOf(page)[0]).toBe(3);
    expect(rowsOfSlot(page, 'PERSONAL')).toEqual([3, 0, 1, 2, 4]);
  });

  it('puts the first item with an image first if no PERSONAL item has one', () => {
    const rows = separate((row, i) => ({ ...row, hasImage: i === 11 || i === 18 }));
    expect(selectSlate(slateInput(rows, { limit: 10 })).items[0]).toMatchObject({ row: 18, slot: 'RISING' });
  });

  it('has no PERSONAL items without a profile if the other slots can fill it', () => {
    const rows = [
      ...repeat(20, (i) => ({ trending: 50 - i })),
      ...repeat(5, (i) => ({ local: 5 - i })),
      ...repeat(5, (i) => ({ rising: 5 - i })),
      ...repeat(20, () => ({ weight: 1 })),
    ];
    const page = selectSlate(slateInput(rows, { personalized: false }));
    expect(SLOTS.map((slot) => rowsOfSlot(page, slot).length)).toEqual([0, 9, 2, 2, 7]);
    expect(rowsOf(page)[0]).toBe(0);
  });

  it('interleaves PERSONAL and EXPLORATION evenly if no other slot has a row', () => {
    const rows = repeat(60, (i) => ({ personal: 60 - i, weight: 1 }));
    const page = selectSlate(slateInput(rows, { limit: 10, personalized: false, config: withLambda(1) }));
    expect(page.items[0]).toMatchObject({ row: 0, slot: 'PERSONAL' });
    expect(page.items.map(({ slot }) => slot.charAt(0)).join('')).toBe('PEPPPEPPEP');
  });

  it('backfills positions from PERSONAL and notes it', () => {
    const rows = repeat(40, (i) => ({ personal: -i, ...(i === 30 ? { trending: 1 } : {}) }));
    const page = selectSlate(slateInput(rows, { config: withLambda(1) }));
    expect(rowsOfSlot(page, 'TRENDING')).toEqual([30]);
    expect(rowsOfSlot(page, 'PERSONAL')).toEqual(repeat(19, () => ({})).map((_, i) => i));
    expect(page.notes).toEqual([
      'TRENDING -> PERSONAL: 3',
      'LOCAL -> PERSONAL: 2',
      'RISING -> PERSONAL: 2',
      'EXPLORATION -> PERSONAL: 2',
    ]);
  });

  it('backfills EXPLORATION where its positions are if no row may be explored', () => {
    const rows = [...repeat(20, (i) => ({ trending: 50 - i })), ...repeat(20, (i) => ({ personal: 20 - i }))];
    const page = selectSlate(slateInput(rows, { limit: 10, personalized: false, config: withLambda(1) }));
    expect(page.items.map(({ slot }) => slot.charAt(0)).join('')).toBe('TPTPPTPTPT');
    expect(page.notes).toContain('EXPLORATION -> PERSONAL: 3');
  });

  it('breaks ties by volume, then by id', () => {
    const rows: Row[] = [{ volume: 1 }, { volume: 2 }, { volume: 1 }, { volume: 3 }];
    expect(rowsOf(selectSlate(slateInput(rows, { config: withLambda(1, onlyPersonal) })))).toEqual([
      3, 1, 0, 2,
    ]);
  });

  it('selects PERSONAL by MMR', () => {
    const rows: Row[] = [
      { personal: 10, topics: [0, 1] },
      { personal: 9, topics: [0, 1] },
      { personal: 8, topics: [2] },
      { personal: 0, topics: [3] },
    ];
    const order = (lambda: number): number[] =>
      rowsOf(selectSlate(slateInput(rows, { config: withLambda(lambda, onlyPersonal) })));
    expect(order(1)).toEqual([0, 1, 2, 3]);
    // After row 0: 0.8 · 0.9 − 0.2 · 1 = 0.52 for row 1, 0.8 · 0.8 = 0.64 for row 2, 0 for row 3.
    expect(order(0.8)).toEqual([0, 2, 1, 3]);
    // After row 0: −0.05, 0.40, 0; after row 2: −0.05, 0.
    expect(order(0.5)).toEqual([0, 2, 3, 1]);
  });

  it('measures similarity by the Jaccard index of topics', () => {
    const rows: Row[] = [
      { personal: 10, topics: [0, 1] },
      { personal: 9, topics: [0, 2] },
      { personal: 8, topics: [3] },
      { personal: 0, topics: [4] },
    ];
    const order = (lambda: number): number[] =>
      rowsOf(selectSlate(slateInput(rows, { config: withLambda(lambda, onlyPersonal) })));
    // Of three topics the first two rows share one: λ · 0.9 − (1 − λ)/3 against λ · 0.8 turns at λ = 10/13.
    expect(order(0.78).slice(0, 2)).toEqual([0, 1]);
    expect(order(0.76).slice(0, 2)).toEqual([0, 2]);
  });

  it('finds the best admitted rows however far down, and then returns to the best rows', () => {
    const rows = [
      ...repeat(1_000, (i) => ({ category: 0, personal: 5_000 - i })),
      ...repeat(300, (i) => ({ category: 1 + (i % 3), personal: i })),
    ];
    const page = selectSlate(slateInput(rows, { config: withLambda(1, onlyPersonal) }));
    expect(rowsOf(page)).toEqual([
      0,
      1,
      2,
      1299,
      1298,
      1297,
      1296,
      1295,
      1294,
      ...repeat(11, () => ({})).map((_, i) => 3 + i),
    ]);
  });

  it('admits the rows that a limit shut out once its positions are filled', () => {
    const rows = [
      ...repeat(100, (i) => ({ category: 0, event: 0, personal: 5_000 - i })),
      ...repeat(100, (i) => ({ category: 0, personal: 4_000 - i })),
      ...repeat(60, (i) => ({ category: 1 + (i % 3), personal: -i })),
    ];
    const page = selectSlate(slateInput(rows, { limit: 14, config: withLambda(1, onlyPersonal) }));
    expect(rowsOf(page)).toEqual([0, 100, 101, 200, 201, 202, 203, 204, 205, 102, 1, 103, 104, 105]);
  });

  it('is empty without eligible rows', () => {
    expect(selectSlate(slateInput([]))).toEqual({ items: [], notes: [] });
  });

  it('rejects a seed that is not an integer', () => {
    expect(() => selectSlate(slateInput([{}], { seed: 0.5 }))).toThrow(RangeError);
  });

  it('has min(limit, eligible) distinct eligible rows for any catalog and limit', () => {
    fc.assert(
      fc.property(
        anyRows(500, 12, 60),
        fc.integer({ min: 1, max: 100 }),
        fc.boolean(),
        fc.boolean(),
        fc.nat(),
        fc.constantFrom(1, 2, 7),
        (rows, limit, personalized, hasLocal, seed, step) => {
          const isEligible = (row: number) => row % step === 0;
          const whole = slateInput(rows, { limit, personalized, seed, isEligible });
          const { rankings } = whole;
          const input = { ...whole, rankings: { ...rankings, LOCAL: hasLocal ? rankings.LOCAL : null } };
          const page = selectSlate(input);
          expect(page.items).toHaveLength(Math.min(limit, whole.eligible.rows.length));
          expect(new Set(rowsOf(page)).size).toBe(page.items.length);
          expect(rowsOf(page).every(isEligible)).toBe(true);
          for (const { row, slot, propensity } of page.items) {
            if (slot === 'EXPLORATION') {
              expect(propensity).toBeGreaterThan(0);
              expect(propensity).toBeLessThanOrEqual(1);
              expect(rows[row]?.weight).toBeGreaterThan(0);
            } else {
              expect(propensity).toBeNull();
              if (slot !== 'PERSONAL') expect(keyOf(slot, rows[row])).toBeGreaterThan(0);
            }
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('is the same, byte for byte, for the same inputs, and does not change them', () => {
    fc.assert(
      fc.property(anyRows(120, 6, 20), fc.integer({ min: 1, max: 60 }), fc.bigInt(), (rows, limit, seed) => {
        const input = slateInput(rows, { limit, seed });
        const functions = { hasImage: null, rankings: null, similarities: null, sample: null };
        const before = structuredClone({ ...input, ...functions });
        const page = JSON.stringify(selectSlate(input));
        expect(JSON.stringify(selectSlate(input))).toBe(page);
        expect(JSON.stringify(selectSlate(slateInput(rows, { limit, seed })))).toBe(page);
        expect({ ...input, ...functions }).toEqual(before);
      }),
      { numRuns: 100 },
    );
  });
});
