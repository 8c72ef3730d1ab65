import { LRUCache } from 'lru-cache';
import { addDecayed, decay, type DecayedScore } from '../domain/decay.js';
import { DAY_MS } from '../lib/time.js';
import type { ContextUsers } from '../scoring/v2/site-signals.js';

/** A score that decays, as plain data. */
export type DecayedEntry = readonly [score: number, atMs: number];

/** A context with its recent users over all markets and by market, as plain data. */
export type ContextEntry = readonly [
  context: string,
  total: DecayedEntry,
  markets: readonly (readonly [marketId: string, score: number, atMs: number])[],
];

/** Markets that a context keeps. With more, the quarter with the fewest users is dropped. */
const MAX_MARKETS = 256;

/** Adds an amount to a sum that halves every so many days; the sum starts at 0. */
export function addTo(
  sum: DecayedScore | undefined | null,
  amount: number,
  atMs: number,
  halfLifeDays: number,
): DecayedScore {
  return addDecayed(sum?.score ?? 0, sum?.atMs ?? atMs, amount, atMs, halfLifeDays * DAY_MS);
}

/** Recent users by context and market, for the latest contexts. */
export class ContextCounts {
  readonly #contexts: LRUCache<
    string,
    { total: DecayedScore; readonly ofMarkets: Map<string, DecayedScore> }
  >;

  constructor(
    maxContexts: number,
    private readonly halfLifeDays: number,
  ) {
    this.#contexts = new LRUCache({ max: maxContexts });
  }

  add(context: string, marketId: string, { score: users, atMs }: DecayedScore): void {
    const counts = this.#contexts.get(context) ?? {
      total: { score: 0, atMs },
      ofMarkets: new Map<string, DecayedScore>(),
    };
    this.#contexts.set(context, counts);
    counts.total = addTo(counts.total, users, atMs, this.halfLifeDays);
    const { ofMarkets } = counts;
    ofMarkets.set(marketId, addTo(ofMarkets.get(marketId), users, atMs, this.halfLifeDays));
    if (ofMarkets.size > MAX_MARKETS) dropFewest(ofMarkets, atMs, this.halfLifeDays * DAY_MS);
  }

  of(context: string): ContextUsers | undefined {
    return this.#contexts.peek(context);
  }

  /** The least recently used context first. */
  *entries(): Generator<ContextEntry> {
    for (const context of this.#contexts.rkeys()) {
      const counts = this.#contexts.peek(context);
      if (counts === undefined) continue;
      const { total, ofMarkets } = counts;
      yield [
        context,
        [total.score, total.atMs],
        [...ofMarkets].map(([marketId, { score, atMs }]) => [marketId, score, atMs]),
      ];
    }
  }

  restore([context, [score, atMs], markets]: ContextEntry): void {
    this.#contexts.set(context, {
      total: { score, atMs },
      ofMarkets: new Map(
        markets.map(([marketId, users, usersAtMs]) => [marketId, { score: users, atMs: usersAtMs }]),
      ),
    });
  }
}

/** Drops the quarter of the markets with the fewest users; of equal ones, the first. */
function dropFewest(ofMarkets: Map<string, DecayedScore>, nowMs: number, halfLifeMs: number): void {
  const byUsers = [...ofMarkets]
    .map(([marketId, { score, atMs }]) => ({ marketId, users: decay(score, nowMs - atMs, halfLifeMs) }))
    .sort((a, b) => a.users - b.users);
  for (const { marketId } of byUsers.slice(0, Math.ceil(byUsers.length / 4))) ofMarkets.delete(marketId);
}
