import fc from 'fast-check';
import type { PageInput } from '../../../../src/feed/composition/page-input.js';

/** The composition config that is the default. */
export const config: PageInput['config'] = {
  quotas: { PERSONAL: 0.5, TRENDING: 0.2, LOCAL: 0.1, RISING: 0.1, EXPLORATION: 0.1 },
  diversity: {
    categoryPlaces: 9,
    perCategory: 3,
    eventPlaces: 10,
    perEventFirst: 1,
    perEventPage: 2,
    mmrLambda: 0.8,
  },
};

/** A row of a catalog; what is left out is 0, −1 for the event, or a category and topic of its own. */
export interface Row {
  readonly category?: number;
  readonly event?: number;
  readonly topics?: readonly number[];
  readonly volume?: number;
  readonly personal?: number;
  readonly trending?: number;
  readonly local?: number;
  readonly rising?: number;
  readonly weight?: number;
  readonly hasImage?: boolean;
}

/** Everything for composing a page of these rows, personalized, 20 places, all of them eligible. */
export function pageInput(rows: readonly Row[], changes: Partial<PageInput> = {}): PageInput {
  const column = (value: (row: Row, i: number) => number): Float64Array => Float64Array.from(rows, value);
  const topics = rows.map((row, i) => row.topics ?? [i]);
  const start = new Int32Array(rows.length + 1);
  for (const [i, ids] of topics.entries()) start[i + 1] = (start[i] ?? 0) + ids.length;
  return {
    eligible: Int32Array.from(rows.keys()),
    keys: {
      PERSONAL: column((row) => row.personal ?? 0),
      TRENDING: column((row) => row.trending ?? 0),
      LOCAL: column((row) => row.local ?? 0),
      RISING: column((row) => row.rising ?? 0),
    },
    explorationWeight: column((row) => row.weight ?? 0),
    columns: {
      size: rows.length,
      category: Int32Array.from(rows, (row, i) => row.category ?? i),
      event: Int32Array.from(rows, (row) => row.event ?? -1),
      volumeTotal: column((row) => row.volume ?? 0),
      topics: { start, ids: Int32Array.from(topics.flat()), count: Math.max(0, ...topics.flat()) + 1 },
    },
    hasImage: (row) => rows[row]?.hasImage ?? false,
    personalized: true,
    limit: 20,
    seed: 1,
    config,
    ...changes,
  };
}

/** Rows of few categories and events, which need not be inside one category, with ties among their keys. */
export function anyRows(maxLength: number, categories: number, events: number): fc.Arbitrary<Row[]> {
  const key = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 30 }));
  return fc.array(
    fc.record({
      category: fc.nat({ max: categories - 1 }),
      event: fc.integer({ min: -1, max: events - 1 }),
      topics: fc.uniqueArray(fc.nat({ max: 12 }), { maxLength: 4 }),
      volume: fc.nat({ max: 3 }),
      personal: fc.integer({ min: -20, max: 20 }),
      trending: key,
      local: key,
      rising: key,
      weight: key,
      hasImage: fc.boolean(),
    }),
    { maxLength, size: 'max' },
  );
}
