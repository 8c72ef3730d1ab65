import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compose } from '../../../../src/feed/composition/compose.js';
import type { ComposedPage, PageInput } from '../../../../src/feed/composition/page-input.js';
import { anyRows, config, pageInput, type Row } from './input.js';

type Diversity = PageInput['config']['diversity'];

const largest = (ids: readonly number[]): number =>
  Math.max(0, ...[...Map.groupBy(ids, (id) => id).values()].map((same) => same.length));

/** The largest number of a category or event at each limit. */
function crowding(
  input: PageInput,
  rows: readonly number[],
): Pick<Diversity, 'perCategory' | 'perEventFirst' | 'perEventPage'> {
  const { categoryPlaces, eventPlaces } = input.config.diversity;
  const events = rows.map((row) => input.columns.event[row] ?? -1);
  const known = (ids: readonly number[]): number[] => ids.filter((id) => id >= 0);
  return {
    perCategory: largest(rows.slice(0, categoryPlaces).map((row) => input.columns.category[row] ?? 0)),
    perEventFirst: largest(known(events.slice(0, eventPlaces))),
    perEventPage: largest(known(events)),
  };
}

function keepsAll(input: PageInput, rows: readonly number[]): boolean {
  const { perCategory, perEventFirst, perEventPage } = input.config.diversity;
  const most = crowding(input, rows);
  return (
    most.perCategory <= perCategory &&
    most.perEventFirst <= perEventFirst &&
    most.perEventPage <= perEventPage
  );
}

/** Whether any order of any eligible rows keeps all limits, found by trying. */
function someRowsKeepAll(input: PageInput, rows: readonly number[] = []): boolean {
  if (!keepsAll(input, rows)) return false;
  if (rows.length === Math.min(input.limit, input.eligible.length)) return true;
  return [...input.eligible].some((row) => !rows.includes(row) && someRowsKeepAll(input, [...rows, row]));
}

const rowsOf = (page: ComposedPage): number[] => page.items.map(({ row }) => row);
const yields = (page: ComposedPage): string[] => page.notes.filter((note) => note.includes('yields'));

function heldTo(page: ComposedPage, limit: string, wanted: number): number {
  const note = page.notes.find((one) => one.startsWith(`${limit} yields: `));
  return note === undefined ? wanted : Number(note.split(' -> ')[1]);
}

const places = fc.integer({ min: 1, max: 6 });
const cap = fc.integer({ min: 1, max: 3 });
const anyDiversity = fc.record({
  categoryPlaces: places,
  perCategory: cap,
  eventPlaces: places,
  perEventFirst: cap,
  perEventPage: cap,
  mmrLambda: fc.constantFrom(0, 0.5, 0.8, 1),
});

describe('the limits of a page', () => {
  it('hold whenever any page of eligible rows could keep them, and only then', () => {
    fc.assert(
      fc.property(
        anyRows(8, 3, 3),
        anyDiversity,
        fc.integer({ min: 1, max: 6 }),
        fc.boolean(),
        fc.nat(),
        (rows, diversity, limit, personalized, seed) => {
          const input = pageInput(rows, { limit, personalized, seed, config: { ...config, diversity } });
          const page = compose(input);
          expect(keepsAll(input, rowsOf(page))).toBe(someRowsKeepAll(input));
        },
      ),
      { numRuns: 1_500 },
    );
  });

  it('are told of in the notes exactly when they are broken', () => {
    fc.assert(
      fc.property(anyRows(40, 4, 6), fc.integer({ min: 1, max: 40 }), fc.nat(), (rows, limit, seed) => {
        const input = pageInput(rows, { limit, seed });
        const page = compose(input);
        expect(yields(page).length === 0).toBe(keepsAll(input, rowsOf(page)));
        const most = crowding(input, rowsOf(page));
        for (const name of ['perCategory', 'perEventFirst', 'perEventPage'] as const) {
          expect(most[name]).toBeLessThanOrEqual(heldTo(page, name, config.diversity[name]));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('keep a category to 3 of the first 9 whenever the catalog has 9 rows with at most 3 of each', () => {
    fc.assert(
      fc.property(anyRows(500, 6, 1), fc.integer({ min: 9, max: 100 }), fc.nat(), (rows, limit, seed) => {
        const input = pageInput(
          rows.map((row) => ({ ...row, event: -1 })),
          { limit, seed },
        );
        const counts = Map.groupBy(rows, ({ category }) => category);
        const fillable = [...counts.values()].reduce((sum, { length }) => sum + Math.min(3, length), 0);
        const most = crowding(input, rowsOf(compose(input))).perCategory;
        if (fillable >= 9) expect(most).toBeLessThanOrEqual(3);
        else if (rows.length >= 9) expect(most).toBeGreaterThan(3);
      }),
      { numRuns: 200 },
    );
  });

  it('are kept with the hero included, wherever it came from', () => {
    const sports: Row[] = Array.from({ length: 12 }, (_, i) => ({
      category: 0,
      personal: 50 - i,
      hasImage: i === 9,
    }));
    const others: Row[] = Array.from({ length: 20 }, (_, i) => ({ category: 1 + (i % 5), personal: -i }));
    const input = pageInput([...sports, ...others], {
      config: { ...config, diversity: { ...config.diversity, mmrLambda: 1 } },
    });
    const page = compose(input);
    expect(page.items[0]).toEqual({ row: 9, slot: 'PERSONAL', propensity: null });
    expect(crowding(input, rowsOf(page)).perCategory).toBe(3);
    expect(yields(page)).toEqual([]);
  });

  it('yield by as much as they must, and say so', () => {
    const rows: Row[] = Array.from({ length: 30 }, (_, i) => ({ category: i % 2, personal: -i }));
    const page = compose(pageInput(rows));
    expect(page.items).toHaveLength(20);
    expect(yields(page)).toEqual(['perCategory yields: 3 -> 5']);
  });

  it('yield further where they must anyway, before another has to', () => {
    // Four places for four categories need three of event 0; two events alone would do with two of each.
    const rows: Row[] = [
      { category: 0, event: 1 },
      { category: 0, event: 1 },
      ...[1, 2, 3].map((category) => ({ category, event: 0 })),
    ];
    const diversity = {
      ...config.diversity,
      categoryPlaces: 4,
      perCategory: 1,
      eventPlaces: 4,
      perEventPage: 3,
    };
    const page = compose(pageInput(rows, { limit: 4, config: { ...config, diversity } }));
    expect(yields(page)).toEqual(['perEventFirst yields: 1 -> 3']);
  });

  it('find the one page that keeps them where events reach over categories', () => {
    // Of the first two rows, each would leave nothing for the second place but a row of its category or event.
    const rows: Row[] = [
      { category: 0, event: 0, personal: 9 },
      { category: 0, event: 1, personal: 1 },
      { category: 1, event: 0, personal: 0 },
    ];
    const diversity = { ...config.diversity, categoryPlaces: 2, perCategory: 1, eventPlaces: 2 };
    const page = compose(pageInput(rows, { limit: 2, config: { ...config, diversity } }));
    expect(rowsOf(page)).toEqual([1, 2]);
    expect(yields(page)).toEqual([]);
  });

  it('let an explored row stand in the first places only as far as they hold', () => {
    fc.assert(
      fc.property(
        anyRows(60, 5, 12),
        fc.integer({ min: 1, max: 12 }),
        fc.boolean(),
        fc.nat(),
        (rows, limit, personalized, seed) => {
          const explorable = rows.map((row) => ({ ...row, weight: 1 + (row.weight ?? 0) }));
          const page = compose(pageInput(explorable, { limit, personalized, seed }));
          if (yields(page).length > 0) return;
          expect(keepsAll(pageInput(explorable, { limit }), rowsOf(page))).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });
});
