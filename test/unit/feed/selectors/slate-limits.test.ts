import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { selectSlate } from '../../../../src/feed/selectors/select-slate.js';
import type { Slate, SlateInput } from '../../../../src/feed/selectors/slate.js';
import { anyRows, config, slateInput, type Row } from './slate-input.js';

type Diversity = SlateInput['config']['diversity'];

const largest = (ids: readonly number[]): number =>
  Math.max(0, ...[...Map.groupBy(ids, (id) => id).values()].map((same) => same.length));

/** The largest number of markets of a category or event under each limit. */
function largestGroups(
  input: SlateInput,
  rows: readonly number[],
): Pick<Diversity, 'perCategory' | 'perEventFirst' | 'perEventPage'> {
  const { categoryPositions, eventPositions } = input.config.diversity;
  const events = rows.map((row) => input.columns.event[row] ?? -1);
  const known = (ids: readonly number[]): number[] => ids.filter((id) => id >= 0);
  return {
    perCategory: largest(rows.slice(0, categoryPositions).map((row) => input.columns.category[row] ?? 0)),
    perEventFirst: largest(known(events.slice(0, eventPositions))),
    perEventPage: largest(known(events)),
  };
}

function satisfiesAll(input: SlateInput, rows: readonly number[]): boolean {
  const { perCategory, perEventFirst, perEventPage } = input.config.diversity;
  const most = largestGroups(input, rows);
  return (
    most.perCategory <= perCategory &&
    most.perEventFirst <= perEventFirst &&
    most.perEventPage <= perEventPage
  );
}

/** Whether some order of some eligible rows satisfies all limits, by exhaustive search. */
function isSatisfiable(input: SlateInput, rows: readonly number[] = []): boolean {
  if (!satisfiesAll(input, rows)) return false;
  if (rows.length === Math.min(input.limit, input.eligible.rows.length)) return true;
  return [...input.eligible.rows].some((row) => !rows.includes(row) && isSatisfiable(input, [...rows, row]));
}

const rowsOf = (page: Slate): number[] => page.items.map(({ row }) => row);
const relaxed = (page: Slate): string[] => page.notes.filter((note) => note.includes('relaxed'));

/** The limit of a page, relaxed or not. */
function limitOf(page: Slate, limit: string, wanted: number): number {
  const note = page.notes.find((one) => one.startsWith(`${limit} relaxed: `));
  return note === undefined ? wanted : Number(note.split(' -> ')[1]);
}

const positions = fc.integer({ min: 1, max: 6 });
const cap = fc.integer({ min: 1, max: 3 });
const anyDiversity = fc.record({
  categoryPositions: positions,
  perCategory: cap,
  eventPositions: positions,
  perEventFirst: cap,
  perEventPage: cap,
  method: fc.constantFrom('mmr' as const, 'dpp' as const),
  mmrLambda: fc.constantFrom(0, 0.5, 0.8, 1),
  dpp: fc.constant(config.diversity.dpp),
});

describe('the diversity limits of a slate', () => {
  it('are satisfied exactly when some page satisfies them, if each event lies within one category', () => {
    fc.assert(
      fc.property(
        anyRows(8, 3, 3),
        anyDiversity,
        fc.integer({ min: 1, max: 6 }),
        fc.boolean(),
        fc.nat(),
        (rows, diversity, limit, personalized, seed) => {
          const nested = rows.map(({ event = -1, category = 0, ...row }) => ({
            ...row,
            category,
            event: event < 0 ? -1 : 3 * category + event,
          }));
          const input = slateInput(nested, { limit, personalized, seed, config: { ...config, diversity } });
          expect(satisfiesAll(input, rowsOf(selectSlate(input)))).toBe(isSatisfiable(input));
        },
      ),
      { numRuns: 1_500 },
    );
  });

  it('are satisfied on pages of a catalog without categories or events that are too narrow', () => {
    fc.assert(
      fc.property(anyRows(500, 12, 60), fc.integer({ min: 1, max: 20 }), fc.nat(), (rows, limit, seed) => {
        const wide = [...rows, ...Array.from({ length: 40 }, (_, i) => ({ category: i, personal: -i }))];
        expect(relaxed(selectSlate(slateInput(wide, { limit, seed })))).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  it('are noted as relaxed exactly when the slate exceeds them', () => {
    fc.assert(
      fc.property(anyRows(40, 4, 6), fc.integer({ min: 1, max: 40 }), fc.nat(), (rows, limit, seed) => {
        const input = slateInput(rows, { limit, seed });
        const page = selectSlate(input);
        expect(relaxed(page).length === 0).toBe(satisfiesAll(input, rowsOf(page)));
        const most = largestGroups(input, rowsOf(page));
        for (const name of ['perCategory', 'perEventFirst', 'perEventPage'] as const) {
          expect(most[name]).toBeLessThanOrEqual(limitOf(page, name, config.diversity[name]));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('allow 3 of a category in the first 9 positions whenever the catalog can fill them', () => {
    fc.assert(
      fc.property(anyRows(500, 6, 1), fc.integer({ min: 9, max: 100 }), fc.nat(), (rows, limit, seed) => {
        const input = slateInput(
          rows.map((row) => ({ ...row, event: -1 })),
          { limit, seed },
        );
        const counts = Map.groupBy(rows, ({ category }) => category);
        const fillable = [...counts.values()].reduce((sum, { length }) => sum + Math.min(3, length), 0);
        const most = largestGroups(input, rowsOf(selectSlate(input))).perCategory;
        if (fillable >= 9) expect(most).toBeLessThanOrEqual(3);
        else if (rows.length >= 9) expect(most).toBeGreaterThan(3);
      }),
      { numRuns: 200 },
    );
  });

  it('are satisfied with the hero included', () => {
    const sports: Row[] = Array.from({ length: 12 }, (_, i) => ({
      category: 0,
      personal: 50 - i,
      hasImage: i === 9,
    }));
    const others: Row[] = Array.from({ length: 20 }, (_, i) => ({ category: 1 + (i % 5), personal: -i }));
    const input = slateInput([...sports, ...others], {
      config: { ...config, diversity: { ...config.diversity, mmrLambda: 1 } },
    });
    const page = selectSlate(input);
    expect(page.items[0]).toEqual({ row: 9, slot: 'PERSONAL', propensity: null });
    expect(largestGroups(input, rowsOf(page)).perCategory).toBe(3);
    expect(relaxed(page)).toEqual([]);
  });

  it('are relaxed by the least that fills the slate', () => {
    const rows: Row[] = Array.from({ length: 30 }, (_, i) => ({ category: i % 2, personal: -i }));
    const page = selectSlate(slateInput(rows));
    expect(page.items).toHaveLength(20);
    expect(relaxed(page)).toEqual(['perCategory relaxed: 3 -> 5']);
  });

  it('relax the category limit before the event limit', () => {
    // Four positions of four categories would need three markets of event 0.
    const rows: Row[] = [
      { category: 0, event: 1 },
      { category: 0, event: 1 },
      ...[1, 2, 3].map((category) => ({ category, event: 0 })),
    ];
    const diversity = {
      ...config.diversity,
      categoryPositions: 4,
      perCategory: 1,
      eventPositions: 4,
      perEventPage: 3,
    };
    const page = selectSlate(slateInput(rows, { limit: 4, config: { ...config, diversity } }));
    expect(relaxed(page)).toEqual(['perCategory relaxed: 1 -> 2', 'perEventFirst relaxed: 1 -> 2']);
  });

  it('relax the category limit where a greedy pass over events that span categories gets stuck', () => {
    // Rows 1 and 2 would satisfy the limits, but the pass starts with the best row and does not go back.
    const rows: Row[] = [
      { category: 0, event: 0, personal: 9 },
      { category: 0, event: 1, personal: 1 },
      { category: 1, event: 0, personal: 0 },
    ];
    const diversity = { ...config.diversity, categoryPositions: 2, perCategory: 1, eventPositions: 2 };
    const page = selectSlate(slateInput(rows, { limit: 2, config: { ...config, diversity } }));
    expect(rowsOf(page)).toEqual([0, 1]);
    expect(relaxed(page)).toEqual(['perCategory relaxed: 1 -> 2']);
  });

  it('are satisfied with explored rows in the first positions', () => {
    fc.assert(
      fc.property(
        anyRows(60, 5, 12),
        fc.integer({ min: 1, max: 12 }),
        fc.boolean(),
        fc.nat(),
        (rows, limit, personalized, seed) => {
          const explorable = rows.map((row) => ({ ...row, weight: 1 + (row.weight ?? 0) }));
          const page = selectSlate(slateInput(explorable, { limit, personalized, seed }));
          if (relaxed(page).length > 0) return;
          expect(satisfiesAll(slateInput(explorable, { limit }), rowsOf(page))).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });
});
