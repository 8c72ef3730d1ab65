import { importedEventId } from '../catalog/importers/event-id.js';
import type { ImportRecord, InteractionDraft, MarketRecord } from '../catalog/importers/market-draft.js';
import { applyMarketInput, checkMarketInput } from '../catalog/market-input.js';
import type { MarketRecord as StoredMarket } from '../catalog/market.js';
import { interactionInput } from '../tracking/interaction-input.js';
import type { Archive, ArchivedEvent, ArchivedMarket, ArchivedPrice } from './archive.js';

/** A record that could not be used. */
export interface ArchiveReject {
  readonly source: string;
  readonly line: number;
  readonly reason: string;
}

/** What became of the records of an archive. */
export interface ArchiveIntake {
  readonly markets: number;
  readonly interactions: number;
  readonly prices: number;
  /** Interactions that were there already. */
  readonly duplicates: number;
  readonly rejected: number;
  /** The first few of those rejected. */
  readonly rejects: readonly ArchiveReject[];
}

const REJECTS_KEPT = 5;

interface Placed<Value> {
  readonly source: string;
  readonly line: number;
  readonly value: Value;
}

type KnownEvent = Omit<ArchivedEvent, 'market'> & { readonly marketId: string };
type KnownPrice = Omit<ArchivedPrice, 'market'> & { readonly marketId: string };

/** Makes an archive of records in any order; each is judged by itself, by the rules of an import. */
export class ArchiveBuilder {
  readonly #markets = new Map<string, ArchivedMarket>();
  readonly #events: Placed<KnownEvent>[] = [];
  readonly #eventIds = new Set<string>();
  readonly #prices: KnownPrice[] = [];
  #duplicates = 0;
  #rejected = 0;
  readonly #rejects: ArchiveReject[] = [];

  /** @param source named when the record is rejected. */
  add(record: ImportRecord, source: string): void {
    if (record.kind === 'market') this.#addMarket(record, source);
    else if (record.kind === 'interaction') this.#addInteraction(record.interaction, source, record.line);
    else if (record.kind === 'reject') this.#reject(source, record.line, record.reason);
  }

  /** What a market cost at an instant; a price of a market that never comes is left out. */
  addPrice(price: KnownPrice): void {
    this.#prices.push(price);
  }

  finish(): { archive: Archive; intake: ArchiveIntake } {
    const markets = [...this.#markets.values()].sort((a, b) => (a.market.id < b.market.id ? -1 : 1));
    const numbers = new Map(markets.map(({ market }, number) => [market.id, number]));
    const events: ArchivedEvent[] = [];
    for (const { source, line, value } of this.#events) {
      const { marketId, ...event } = value;
      const market = numbers.get(marketId);
      if (market === undefined) this.#reject(source, line, `marketId: there is no market "${marketId}"`);
      else events.push({ ...event, market });
    }
    const prices = this.#prices.flatMap(({ marketId, ...price }): ArchivedPrice[] => {
      const market = numbers.get(marketId);
      return market === undefined ? [] : [{ ...price, market }];
    });
    return {
      archive: { markets, events: events.sort(byTime), prices: prices.sort((a, b) => a.atMs - b.atMs) },
      intake: {
        markets: markets.length,
        interactions: events.length,
        prices: prices.length,
        duplicates: this.#duplicates,
        rejected: this.#rejected,
        rejects: this.#rejects,
      },
    };
  }

  #addMarket({ market: draft, dates, line }: MarketRecord, source: string): void {
    const { market: input, fault } = checkMarketInput(draft);
    if (input?.title === undefined) {
      this.#reject(source, line, fault ?? 'title: is not valid');
      return;
    }
    if (draft.createdAt === undefined) {
      this.#reject(source, line, 'createdAt: is missing');
      return;
    }
    const createdAt = new Date(draft.createdAt);
    const market = applyMarketInput(undefined, { ...input, title: input.title }, createdAt);
    this.#markets.set(market.id, {
      market: asMade(market),
      createdAtMs: createdAt.getTime(),
      endsAtMs: Math.min(
        market.resolvesAt?.getTime() ?? Infinity,
        instantOr(Infinity, dates.closedAt),
        instantOr(Infinity, dates.resolvedAt),
      ),
    });
    if (dates.pricedAt === undefined) return;
    const { id: marketId, probability, volume24h } = market;
    this.addPrice({ marketId, atMs: Date.parse(dates.pricedAt), probability, volume24h });
  }

  #addInteraction(draft: InteractionDraft, source: string, line: number): void {
    const parsed = interactionInput.safeParse(draft);
    if (!parsed.success) {
      const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
      this.#reject(source, line, faults.join('; '));
      return;
    }
    const eventId = JSON.stringify([draft.userKey, draft.clientEventId ?? importedEventId(draft)]);
    if (this.#eventIds.has(eventId)) {
      this.#duplicates += 1;
      return;
    }
    this.#eventIds.add(eventId);
    const { userKey, marketId, eventType, dwellMs, country, stake } = parsed.data;
    const value: KnownEvent = {
      atMs: Date.parse(draft.occurredAt),
      userKey,
      marketId,
      eventType,
      dwellMs: dwellMs ?? null,
      country: country ?? null,
      stake: stake ?? null,
    };
    this.#events.push({ source, line, value });
  }

  #reject(source: string, line: number, reason: string): void {
    this.#rejected += 1;
    if (this.#rejects.length < REJECTS_KEPT) this.#rejects.push({ source, line, reason });
  }
}

/** An archive has these as they were at the end, which would tell the outcome. */
function asMade(market: StoredMarket): StoredMarket {
  return {
    ...market,
    probability: null,
    volume24h: 0,
    volumeTotal: 0,
    participantCount: 0,
    status: 'OPEN',
    description: null,
    editorialDescription: null,
    editorialBoost: 0,
  };
}

function instantOr(fallback: number, text: string | undefined): number {
  return text === undefined ? fallback : Date.parse(text);
}

function byTime(a: ArchivedEvent, b: ArchivedEvent): number {
  return (
    a.atMs - b.atMs ||
    compareText(a.userKey, b.userKey) ||
    a.market - b.market ||
    compareText(a.eventType, b.eventType)
  );
}

function compareText(a: string, b: string): number {
  return Number(a > b) - Number(a < b);
}
