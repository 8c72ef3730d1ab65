import fc from 'fast-check';
import { rowVectors } from '../../../../src/feed/selectors/diversity/row-vectors.js';
import { explore } from '../../../../src/feed/selectors/exploration.js';
import { scannedRanking, type RowRanking } from '../../../../src/feed/selectors/ranking.js';
import type { SlateInput } from '../../../../src/feed/selectors/slate.js';
import type { Slot } from '../../../../src/feed/selectors/slots.js';

/** The default config of selection. */
export const config: SlateInput['config'] = {
  quotas: { PERSONAL: 0.5, TRENDING: 0.2, LOCAL: 0.1, RISING: 0.1, EXPLORATION: 0.1 },
  diversity: {
    categoryPositions: 9,
    perCategory: 3,
    eventPositions: 10,
    perEventFirst: 1,
    perEventPage: 2,
    method: 'mmr',
    mmrLambda: 0.8,
    dpp: { theta: 0.65, serendipity: 0.2, topicThreshold: 0.3 },
  },
};

/** A row of a catalog. Defaults: numbers 0, event −1, a category and a topic of its own. */
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

/** By slot, the value that ranks a row. */
const KEYS: Readonly<Record<Exclude<Slot, 'EXPLORATION'>, (row: Row) => number>> = {
  PERSONAL: (row) => row.personal ?? 0,
  TRENDING: (row) => row.trending ?? 0,
  LOCAL: (row) => row.local ?? 0,
  RISING: (row) => row.rising ?? 0,
};

export const keyOf = (slot: keyof typeof KEYS, row: Row | undefined): number => KEYS[slot](row ?? {});

/** The input for a personalized slate of 20 positions from these rows, all of them eligible unless restricted. */
export function slateInput(
  rows: readonly Row[],
  {
    isEligible = () => true,
    ...changes
  }: Partial<Omit<SlateInput, 'eligible'>> & { isEligible?: (row: number) => boolean } = {},
): SlateInput {
  const eligible = Int32Array.from([...rows.keys()].filter(isEligible));
  const ranking = (slot: keyof typeof KEYS, above: number): RowRanking =>
    scannedRanking(eligible, { key: column(KEYS[slot]), volumeTotal }, above);
  const column = (value: (row: Row, i: number) => number): Float64Array => Float64Array.from(rows, value);
  const topics = rows.map((row, i) => row.topics ?? [i]);
  const start = new Int32Array(rows.length + 1);
  for (const [i, ids] of topics.entries()) start[i + 1] = (start[i] ?? 0) + ids.length;
  const categories = rows.map((row, i) => row.category ?? i);
  const events = rows.map((row) => row.event ?? -1);
  const slateTopics = { start, ids: Int32Array.from(topics.flat()) };
  const count = Math.max(0, ...topics.flat(), ...categories) + 1;
  const ids = rows.map((_, i) => String(i));
  const volumeTotal = column((row) => row.volume ?? 0);
  const weight = column((row) => row.weight ?? 0);
  return {
    eligible: {
      rows: eligible,
      removed: [...rows.keys()].filter((row) => !isEligible(row)),
      removedBy: Uint8Array.from(rows.keys(), (row) => (isEligible(row) ? 0 : 1)),
    },
    rankings: {
      PERSONAL: ranking('PERSONAL', -Infinity),
      ...{ TRENDING: ranking('TRENDING', 0), LOCAL: ranking('LOCAL', 0), RISING: ranking('RISING', 0) },
    },
    exploration: {
      weight,
      rows: Int32Array.from([...rows.keys()].filter((row) => (weight[row] ?? 0) > 0)),
    },
    columns: {
      size: rows.length,
      category: Int32Array.from(categories),
      event: Int32Array.from(events),
      eventCount: Math.max(-1, ...events) + 1,
      volumeTotal,
      topics: { ...slateTopics, count },
    },
    similarities: () =>
      rowVectors({ topics: { ...slateTopics, count, idOf: () => undefined }, ids, vectors: null }),
    familiarity: null,
    sample: (pool, picks, rng) => explore(pool, weight, picks, rng),
    hasImage: (row) => rows[row]?.hasImage ?? false,
    personalized: true,
    limit: 20,
    seed: 1,
    config,
    ...changes,
  };
}

/** Rows of few categories and events, with ties among their keys. An event may span categories. */
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
