import { announcedClose } from '../catalog/importers/as-of.js';
import { importedEventId } from '../catalog/importers/formats/import-record.js';
import { exportRecords, type ExportRecord, type ExportSource } from '../export/export-records.js';
import { neutralRecord, readJsonLines } from '../catalog/importers/formats/neutral-format.js';
import type {
  ImportRecord,
  InteractionDraft,
  ImportedMarket,
} from '../catalog/importers/formats/import-record.js';
import type { ImportSource } from '../catalog/importers/import-source.js';
import { applyMarketInput, validateMarketInput } from '../catalog/market-input.js';
import { endOf, type MarketRecord as StoredMarket } from '../domain/market.js';
import type { Archive, ArchivedEvent, ArchivedMarket, ArchivedPrice } from './archive.js';
import { interactionInput } from '../tracking/event-input.js';

/** A rejected record. */
export interface ArchiveReject {
  readonly source: string;
  readonly line: number;
  readonly reason: string;
}

/** Counts of the records of an archive. The command prints them as JSON under these names. */
export interface ArchiveIntake {
  readonly markets: number;
  readonly interactions: number;
  readonly prices: number;
  /** Interactions whose idempotency key occurred before. */
  readonly duplicates: number;
  readonly rejected: number;
  /** The first few rejected records. */
  readonly rejects: readonly ArchiveReject[];
}

/**
 * Reads JSON lines in the import format from several sources into one archive in memory.
 *
 * @param onProgress receives the share read, 0–1.
 * @throws {OperatorError} when a source cannot be read.
 */
export async function readArchive(
  sources: readonly ImportSource[],
  onProgress: (share: number) => void,
): Promise<{ archive: Archive; intake: ArchiveIntake }> {
  const builder = new ArchiveBuilder();
  const totalBytes = sources.reduce((sum, source) => sum + source.totalBytes, 0);
  let bytesBefore = 0;
  for (const source of sources) {
    const bytes = source.read((bytesRead) => onProgress((bytesBefore + bytesRead) / Math.max(1, totalBytes)));
    for await (const record of readJsonLines(bytes, source.encoding)) builder.add(record, source.name);
    bytesBefore += source.totalBytes;
  }
  return builder.finish();
}

/** Reads the markets, events, and prices of a gateway into an archive in memory. */
export async function readStoredArchive(
  source: ExportSource,
  onProgress: (records: number) => void,
): Promise<{ archive: Archive; intake: ArchiveIntake }> {
  const builder = new ArchiveBuilder();
  const period = { from: new Date(0), to: new Date(MAX_TIME_MS) };
  let read = 0;
  for (const kind of ['markets', 'interactions', 'snapshots'] as const) {
    for await (const page of exportRecords(kind, period, source)) {
      for (const record of page) {
        read += 1;
        if (kind === 'snapshots') builder.addPrice(priceOf(record));
        else builder.add(neutralRecord(record, read, ''), 'the database');
      }
      onProgress(read);
    }
  }
  return builder.finish();
}

function priceOf({ marketId, at, probability, volume24h }: ExportRecord): PriceById {
  return {
    ...{ marketId: String(marketId), atMs: Date.parse(String(at)) },
    probability: typeof probability === 'number' ? probability : null,
    volume24h: typeof volume24h === 'number' ? volume24h : NaN,
  };
}

/** The latest time that a `Date` represents. */
const MAX_TIME_MS = 8.64e15;

/** Maximum number of rejected records that are reported with their reason. */
const MAX_REPORTED_REJECTS = 5;

interface Located<Value> {
  readonly source: string;
  readonly line: number;
  readonly value: Value;
}

type EventById = Omit<ArchivedEvent, 'market'> & { readonly marketId: string };
type PriceById = Omit<ArchivedPrice, 'market'> & { readonly marketId: string };

/** Builds an archive from records in any order. It validates each record on its own, by the rules of an import. */
export class ArchiveBuilder {
  readonly #markets = new Map<string, ArchivedMarket>();
  readonly #events: Located<EventById>[] = [];
  readonly #eventIds = new Set<string>();
  readonly #prices: PriceById[] = [];
  #duplicates = 0;
  #rejected = 0;
  readonly #rejects: ArchiveReject[] = [];

  /** @param source name to report with a rejected record. */
  add(record: ImportRecord, source: string): void {
    if (record.kind === 'market') this.#addMarket(record, source);
    else if (record.kind === 'interaction') this.#addInteraction(record.interaction, source, record.line);
    else if (record.kind === 'rejected') this.#reject(source, record.line, record.reason);
  }

  /** Adds a price. It is ignored if the archive has no such market in the end. */
  addPrice(price: PriceById): void {
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

  #addMarket({ market: draft, dates, line }: ImportedMarket, source: string): void {
    const known = { ...draft, closesAt: announcedClose(draft, dates) };
    const { market: input, problem } = validateMarketInput(known);
    if (input?.title === undefined) {
      this.#reject(source, line, problem?.message ?? 'title is not valid.');
      return;
    }
    if (draft.createdAt === undefined) {
      this.#reject(source, line, 'createdAt is missing.');
      return;
    }
    const createdAt = new Date(draft.createdAt);
    const market = applyMarketInput(undefined, { ...input, title: input.title }, createdAt);
    this.#markets.set(market.id, {
      market: asCreated(market),
      createdAtMs: createdAt.getTime(),
      endsAtMs: Math.min(
        endOf(market)?.getTime() ?? Infinity,
        parseInstant(dates.closedAt, Infinity),
        parseInstant(dates.resolvedAt, Infinity),
      ),
    });
    if (dates.pricedAt === undefined) return;
    const { id: marketId, probability, volume24h } = market;
    this.addPrice({ marketId, atMs: Date.parse(dates.pricedAt), probability, volume24h: volume24h ?? NaN });
  }

  #addInteraction(draft: InteractionDraft, source: string, line: number): void {
    const parsed = interactionInput.safeParse(draft);
    if (!parsed.success) {
      const reasons = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
      this.#reject(source, line, reasons.join('; '));
      return;
    }
    const eventId = JSON.stringify([draft.userKey, draft.clientEventId ?? importedEventId(draft)]);
    if (this.#eventIds.has(eventId)) {
      this.#duplicates += 1;
      return;
    }
    this.#eventIds.add(eventId);
    const { userKey, marketId, eventType, dwellMs, country, stake } = parsed.data;
    const value: EventById = {
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
    if (this.#rejects.length < MAX_REPORTED_REJECTS) this.#rejects.push({ source, line, reason });
  }
}

/** Clears the fields that an archive has as of its end. They would leak the outcome. */
function asCreated(market: StoredMarket): StoredMarket {
  return {
    ...market,
    probability: null,
    volume24h: null,
    volumeTotal: null,
    participantCount: null,
    status: 'OPEN',
    resolvedAt: null,
    description: null,
    editorialDescription: null,
    editorialBoost: 0,
  };
}

function parseInstant(text: string | undefined, fallback: number): number {
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
