import type {
  InteractionDraft,
  MarketDates,
  MarketDraft,
} from '../../src/catalog/importers/formats/import-record.js';
import type { Archive } from '../../src/evaluation/archive.js';
import { ArchiveBuilder, type ArchiveIntake } from '../../src/evaluation/archive-builder.js';
import { MINUTE_MS } from '../../src/lib/time.js';

export const START_MS = Date.UTC(2026, 0, 1);

/** The given number of minutes after the start. */
export const minute = (count: number): string => new Date(START_MS + count * MINUTE_MS).toISOString();

/** A market created at the start. */
export function archived(id: string, details: Partial<MarketDraft> = {}, dates: MarketDates = {}) {
  return { market: { id, title: `Market ${id}`, createdAt: minute(0), ...details }, dates };
}

/** A CLICK, unless `details` has another event type. */
export function interaction(
  userKey: string,
  marketId: string,
  occurredAt: string,
  details: Partial<InteractionDraft> = {},
): InteractionDraft {
  return { userKey, marketId, eventType: 'CLICK', occurredAt, ...details };
}

export interface PastPrice {
  readonly marketId: string;
  readonly atMs: number;
  readonly probability: number;
  readonly volume24h: number;
}

export interface Past {
  readonly markets: readonly ReturnType<typeof archived>[];
  readonly interactions: readonly InteractionDraft[];
  readonly prices?: readonly PastPrice[];
}

/** An archive of these records, markets first. */
export function archiveOf(past: Past): { archive: Archive; intake: ArchiveIntake } {
  const builder = new ArchiveBuilder();
  let line = 0;
  for (const { market, dates } of past.markets) {
    builder.add({ kind: 'market', line: ++line, market, dates }, 'past.jsonl');
  }
  for (const each of past.interactions) {
    builder.add({ kind: 'interaction', line: ++line, interaction: each }, 'past.jsonl');
  }
  for (const price of past.prices ?? []) builder.addPrice(price);
  return builder.finish();
}
