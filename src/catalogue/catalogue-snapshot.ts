import { topicKey, type Market } from '../repositories/market.js';
import type { ScoringMarket } from '../scoring/types.js';
import type { MarketColumns } from '../scoring/v2/market-columns.js';
import { columnsOf, patchColumns } from './market-columns.js';

/** An open market, with what the formulas read of it worked out once. */
export interface CatalogueEntry {
  readonly market: Market;
  readonly scoring: ScoringMarket;
  /** Milliseconds since 1970; infinite when the market says nothing. */
  readonly resolvesAtMs: number;
}

/** The open markets at one version. It never changes: a change of any market makes another one. */
export interface CatalogueSnapshot {
  /** Grows with every change of any market. */
  readonly version: bigint;
  /** Ordered by id. */
  readonly entries: readonly CatalogueEntry[];
  readonly byId: Pick<ReadonlyMap<string, CatalogueEntry>, 'get' | 'has'>;
  /** The same markets as columns: row `i` is entry `i`. */
  readonly columns: MarketColumns;
}

export const emptySnapshot: CatalogueSnapshot = snapshotOf([], columnsOf([]), 0n);

/**
 * The snapshot with these markets put in their place, the last of several with one id; those no longer open
 * leave it. Costs a look-up for each market and one copy of a list, however many there are; and when the ids or
 * texts of the open markets are not what they were, columns of text made anew.
 */
export function patchSnapshot(
  snapshot: CatalogueSnapshot,
  changed: readonly Market[],
  version: bigint,
): CatalogueSnapshot {
  const before = snapshot.entries;
  const latest = new Map(changed.map((market) => [market.id, market]));
  const inOrder = [...latest.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  const entries: CatalogueEntry[] = [];
  let from = 0;
  for (const market of inOrder) {
    const place = placeOf(market.id, before, from);
    append(entries, before, from, place);
    if (market.status === 'OPEN') entries.push(toEntry(market));
    from = before[place]?.market.id === market.id ? place + 1 : place;
  }
  append(entries, before, from, before.length);
  return snapshotOf(entries, patchColumns(snapshot.columns, before, entries), version);
}

function append<Item>(target: Item[], source: readonly Item[], from: number, to: number): void {
  for (let index = from; index < to; index += 1) target.push(source[index] as Item);
}

function snapshotOf(
  entries: readonly CatalogueEntry[],
  columns: MarketColumns,
  version: bigint,
): CatalogueSnapshot {
  const get = (id: string): CatalogueEntry | undefined => {
    const entry = entries[placeOf(id, entries)];
    return entry?.market.id === id ? entry : undefined;
  };
  return { version, entries, columns, byId: { get, has: (id) => get(id) !== undefined } };
}

/** Where a market with this id stands, or would, among entries ordered by id. */
function placeOf(id: string, entries: readonly CatalogueEntry[], from = 0): number {
  let low = from;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const entry = entries[middle];
    if (entry !== undefined && entry.market.id < id) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** What the formulas read of a market. */
export function toScoringMarket(market: Market): ScoringMarket {
  return {
    id: market.id,
    category: topicKey(market.category),
    tags: market.tags.map(topicKey),
    probability: market.probability,
    volume24h: market.volume24h,
    volumeTotal: market.volumeTotal,
    createdAtMs: market.createdAt.getTime(),
    resolvesAtMs: market.resolvesAt?.getTime() ?? null,
    editorialBoost: market.editorialBoost,
  };
}

/** A market with what the formulas read of it. */
export function toEntry(market: Market): CatalogueEntry {
  return {
    market,
    scoring: toScoringMarket(market),
    resolvesAtMs: market.resolvesAt?.getTime() ?? Infinity,
  };
}
