import { interactionAsOf, marketAsOf, type AsOf } from './as-of.js';
import {
  importedEventId,
  rejectRecord,
  type ImportedInteraction,
  type ImportedMarket,
  type InteractionDraft,
  type MarketDraft,
} from './formats/import-record.js';
import { readRecords, type ImportFormat } from './formats/read-records.js';
import type { ImportSource } from './import-source.js';
import type { PriceList } from './prices.js';
import { RejectsFile } from './rejects-file.js';

const MARKETS_PER_BATCH = 500;
const INTERACTIONS_PER_BATCH = 1_000;

/** Maximum text of a batch, in characters, because single records may be large. */
const MAX_BATCH_CHARACTERS = 16 * 1024 * 1024;

/** Receives the drafts of an import. Each method returns one result per draft, in order. */
export interface ImportSink {
  /** Receives at most 500 drafts with distinct ids. */
  upsertMarkets(drafts: MarketDraft[]): Promise<MarketResult[]>;
  /** Receives at most 1,000 drafts, each with a `clientEventId`, after all markets of the source. */
  recordInteractions(drafts: InteractionDraft[]): Promise<InteractionResult[]>;
}

interface MarketResult {
  id: string;
  status: 'CREATED' | 'UPDATED' | 'UNCHANGED' | 'REJECTED';
  /** Null if it was not rejected. */
  problem?: { message: string } | null;
  /** One sentence for each invalid field that was repaired or dropped. */
  repairs?: readonly string[];
}

interface InteractionResult {
  outcome: 'RECORDED' | 'DUPLICATE' | 'IGNORED' | 'REJECTED';
  reason?: string;
}

export interface ImportOptions {
  source: ImportSource;
  format: ImportFormat;
  /** Encoding of the text; undefined: that declared by the server, else UTF-8. A byte-order mark takes precedence. */
  encoding?: string | undefined;
  /** Reproduces the archive at this instant (milliseconds since 1970) and shifts the instant to `now`. */
  asOf?: number;
  /** Prices at that instant; used only with `asOf`. */
  prices?: PriceList;
  /** Whether the sink only validates; the summary repeats it. */
  dryRun: boolean;
  /** Milliseconds since 1970. */
  now: number;
  sink: ImportSink;
  /** Path of the rejects file, which is created only if a record is rejected. */
  rejectsPath: string;
  onProgress?: (progress: ImportProgress) => void;
}

export interface ImportProgress {
  /** A source with interactions is read twice, markets first, because its records are in any order. */
  phase: 'markets' | 'interactions';
  /** Stored bytes read in this phase, of `totalBytes`. */
  bytesRead: number;
  totalBytes: number;
}

export interface ImportSummary {
  dryRun: boolean;
  /** Records of every kind in the source, including rejected ones. */
  read: number;
  /** Markets by outcome. */
  created: number;
  updated: number;
  unchanged: number;
  /** Open markets among these three. */
  open: number;
  /** Markets among these three with an invalid field that was repaired or dropped. */
  repaired: number;
  /** Placeholders of the source for answers that are not named yet, and parts of an export that are not imported. */
  skippedRecords: number;
  /** Markets that a later one with the same id replaced before the upsert. */
  repeated: number;
  recorded: number;
  /** Interactions that were already recorded. */
  duplicates: number;
  /** Interactions of users who opted out or were erased. */
  ignored: number;
  /** Records rejected by the format or by the sink. */
  rejected: number;
  skippedNotYetCreated: number;
  skippedLaterInteractions: number;
  /** Markets with an unknown probability, because no price is dated at or before the instant. */
  pricesUnknown: number;
  /** Use of the price list: its markets, lookups, and matches; null without a list. */
  prices: { markets: number; sought: number; found: number } | null;
  /** Invalid rows of the price list. */
  unreadablePrices: number;
  /** Null if nothing was rejected. */
  rejectsPath: string | null;
  /** The first three rejected records. */
  firstRejected: readonly { line: number; reason: string }[];
}

interface DraftAtLine<T> {
  line: number;
  draft: T;
}

interface MarketDraftAtLine extends DraftAtLine<MarketDraft> {
  priceUnknown: boolean;
  repairs: readonly string[];
}

/**
 * Reads a source to its end and passes all drafts to the sink in sequential batches, so that memory does not grow with the
 * source. A rejected record is written to the rejects file and does not affect other records.
 *
 * @throws {OperatorError} if no further record can be read. The sink has already received the batches before.
 */
export async function runImport(options: ImportOptions): Promise<ImportSummary> {
  const run = new ImportRun(options);
  try {
    const interactions = await run.importMarkets();
    if (interactions > 0) await run.importInteractions();
  } finally {
    await run.rejects.close();
  }
  return run.summary();
}

class ImportRun {
  readonly rejects: RejectsFile;
  readonly #options: ImportOptions;
  readonly #asOf: AsOf | undefined;
  readonly #counts = {
    ...{
      read: 0,
      created: 0,
      updated: 0,
      unchanged: 0,
      open: 0,
      repaired: 0,
      skippedRecords: 0,
      repeated: 0,
    },
    ...{
      recorded: 0,
      duplicates: 0,
      ignored: 0,
      skippedNotYetCreated: 0,
      skippedLaterInteractions: 0,
      pricesUnknown: 0,
    },
  };
  #pricesSought = 0;
  #pricesFound = 0;

  constructor(options: ImportOptions) {
    this.#options = options;
    this.rejects = new RejectsFile(options.rejectsPath);
    this.#asOf = options.asOf === undefined ? undefined : { instantMs: options.asOf, nowMs: options.now };
  }

  summary(): ImportSummary {
    const { prices } = this.#options;
    return {
      dryRun: this.#options.dryRun,
      ...this.#counts,
      rejected: this.rejects.count,
      unreadablePrices: prices?.unreadableRows ?? 0,
      prices: prices ? { markets: prices.size, sought: this.#pricesSought, found: this.#pricesFound } : null,
      rejectsPath: this.rejects.count > 0 ? this.rejects.path : null,
      firstRejected: this.rejects.first,
    };
  }

  /** @returns the number of interactions in the source. */
  async importMarkets(): Promise<number> {
    const batch = new Batch<MarketDraftAtLine>(MARKETS_PER_BATCH, (markets) => this.#upsert(markets));
    let interactions = 0;
    for await (const record of this.#records('markets')) {
      this.#counts.read++;
      if (record.kind === 'rejected') await this.rejects.add(record);
      else if (record.kind === 'interaction') interactions++;
      else if (record.kind === 'skipped') this.#counts.skippedRecords++;
      else await this.#addMarket(record, batch);
    }
    await batch.flush();
    return interactions;
  }

  async importInteractions(): Promise<void> {
    const batch = new Batch<DraftAtLine<InteractionDraft>>(INTERACTIONS_PER_BATCH, (interactions) =>
      this.#record(interactions),
    );
    for await (const record of this.#records('interactions')) {
      if (record.kind === 'interaction') await this.#addInteraction(record, batch);
    }
    await batch.flush();
  }

  #records(phase: ImportProgress['phase']): ReturnType<typeof readRecords> {
    const { source, format, encoding, now, onProgress } = this.#options;
    const bytes = source.read((bytesRead) =>
      onProgress?.({ phase, bytesRead, totalBytes: source.totalBytes }),
    );
    return readRecords(format, bytes, encoding ?? source.encoding, now);
  }

  async #addMarket(record: ImportedMarket, batch: Batch<MarketDraftAtLine>): Promise<void> {
    const { line, repairs = [] } = record;
    let draft = record.market;
    let priceUnknown = false;
    if (this.#asOf) {
      const state = marketAsOf(draft, record.dates, this.#asOf, (market) => this.#priceOf(market));
      if (state.kind === 'not-yet-created') {
        this.#counts.skippedNotYetCreated++;
        return;
      }
      if (state.kind === 'undated') {
        await this.rejects.add(rejectRecord(line, state.reason, draft));
        return;
      }
      draft = state.market;
      priceUnknown = state.priceUnknown;
    }
    if (await batch.add(draft.id, { line, draft, priceUnknown, repairs })) this.#counts.repeated++;
  }

  #priceOf(market: MarketDraft): number | undefined {
    const price = this.#options.prices?.priceOf(market);
    this.#pricesSought++;
    if (price !== undefined) this.#pricesFound++;
    return price;
  }

  async #addInteraction(
    record: ImportedInteraction,
    batch: Batch<DraftAtLine<InteractionDraft>>,
  ): Promise<void> {
    const { line, interaction } = record;
    const clientEventId = interaction.clientEventId ?? importedEventId(interaction);
    const shifted = this.#asOf ? interactionAsOf(interaction, this.#asOf) : interaction;
    if (!shifted) {
      this.#counts.skippedLaterInteractions++;
      return;
    }
    await batch.add(line, { line, draft: { ...shifted, clientEventId } });
  }

  async #upsert(markets: MarketDraftAtLine[]): Promise<void> {
    const results = await this.#options.sink.upsertMarkets(markets.map(({ draft }) => draft));
    for (const [{ line, draft, priceUnknown, repairs }, result] of paired(markets, results)) {
      if (result.status === 'REJECTED') {
        await this.rejects.add(rejectRecord(line, result.problem?.message ?? 'was rejected', draft));
        continue;
      }
      this.#counts[statusCounts[result.status]]++;
      if ((draft.status ?? 'OPEN') === 'OPEN') this.#counts.open++;
      if (priceUnknown) this.#counts.pricesUnknown++;
      if (repairs.length + (result.repairs ?? []).length > 0) this.#counts.repaired++;
    }
  }

  async #record(interactions: DraftAtLine<InteractionDraft>[]): Promise<void> {
    const results = await this.#options.sink.recordInteractions(interactions.map(({ draft }) => draft));
    for (const [{ line, draft }, result] of paired(interactions, results)) {
      if (result.outcome === 'RECORDED') this.#counts.recorded++;
      else if (result.outcome === 'DUPLICATE') this.#counts.duplicates++;
      else if (result.outcome === 'IGNORED') this.#counts.ignored++;
      else await this.rejects.add(rejectRecord(line, result.reason ?? 'was rejected', draft));
    }
  }
}

const statusCounts = { CREATED: 'created', UPDATED: 'updated', UNCHANGED: 'unchanged' } as const;

function paired<T, R>(drafts: readonly T[], results: readonly R[]): [T, R][] {
  if (results.length !== drafts.length) {
    throw new Error(`The sink returned ${results.length} results for ${drafts.length} drafts.`);
  }
  return drafts.map((draft, index) => [draft, results[index] as R]);
}

/** Collects items by key; a later item replaces an earlier one. Flushes at `size` items, or earlier if they are long. */
class Batch<T> {
  readonly #size: number;
  readonly #onFlush: (items: T[]) => Promise<void>;
  readonly #items = new Map<unknown, T>();
  #characters = 0;

  constructor(size: number, onFlush: (items: T[]) => Promise<void>) {
    this.#size = size;
    this.#onFlush = onFlush;
  }

  /** Waits for the flush if the batch is full. Returns whether the item replaced another. */
  async add(key: unknown, item: T): Promise<boolean> {
    const replaced = this.#items.delete(key);
    this.#items.set(key, item);
    this.#characters += countCharacters(item);
    if (this.#items.size >= this.#size || this.#characters >= MAX_BATCH_CHARACTERS) await this.flush();
    return replaced;
  }

  async flush(): Promise<void> {
    if (this.#items.size === 0) return;
    const items = [...this.#items.values()];
    this.#items.clear();
    this.#characters = 0;
    await this.#onFlush(items);
  }
}

function countCharacters(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce<number>((sum, inner) => sum + countCharacters(inner), 0);
}
