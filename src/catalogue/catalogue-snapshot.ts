import { topicKey, type Market } from '../repositories/market.js';
import type { ScoringMarket } from '../scoring/types.js';

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
  readonly byId: ReadonlyMap<string, CatalogueEntry>;
}

export const emptySnapshot: CatalogueSnapshot = { version: 0n, entries: [], byId: new Map() };

/** The snapshot with these markets put in their place; those no longer open leave it. */
export function patchSnapshot(
  snapshot: CatalogueSnapshot,
  changed: readonly Market[],
  version: bigint,
): CatalogueSnapshot {
  const byId = new Map(snapshot.byId);
  for (const market of changed) {
    if (market.status === 'OPEN') byId.set(market.id, toEntry(market));
    else byId.delete(market.id);
  }
  const entries = [...byId.values()].sort((a, b) => (a.market.id < b.market.id ? -1 : 1));
  return { version, entries, byId };
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

function toEntry(market: Market): CatalogueEntry {
  return {
    market,
    scoring: toScoringMarket(market),
    resolvesAtMs: market.resolvesAt?.getTime() ?? Infinity,
  };
}
