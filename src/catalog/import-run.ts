import { interactionAsOf, marketAsOf, type AsOf } from './importers/as-of.js';
import { Batch } from './importers/batch.js';
import { importedEventId } from './importers/event-id.js';
import { readRecords, type ImportFormat } from './importers/formats.js';
import type {
  InteractionDraft,
  InteractionRecord,
  MarketDraft,
  MarketRecord,
} from './importers/market-draft.js';
import type { ImportSource } from './importers/open-source.js';
import type { PriceList } from './importers/prices.js';
import { reject } from './importers/reject.js';
import { RejectsFile } from './importers/rejects-file.js';

const marketsAtOnce = 500;
const interactionsAtOnce = 1000;

/** Where imported records go. Each answer has one entry per draft, in the order of the drafts. */
export interface ImportSink {
  /** At most 500, with distinct ids. */
  upsertMarkets(drafts: MarketDraft[]): Promise<MarketAnswer[]>;
  /** At most 1,000, each with a `clientEventId`; all markets of the source have gone before. */
  recordInteractions(drafts: InteractionDraft[]): Promise<InteractionAnswer[]>;
}

export interface MarketAnswer {
  id: string;
  outcome: 'CREATED' | 'UPDATED' | 'UNCHANGED' | 'REJECTED';
  reason?: string;
  /** One sentence for each invalid field that was repaired or dropped. */
  repairs?: readonly string[];
}

export interface InteractionAnswer {
  outcome: 'RECORDED' | 'DUPLICATE' | 'REJECTED';
  reason?: string;
}

export interface ImportOptions {
  source: ImportSource;
  format: ImportFormat;
  /** Of the source's text; undefined: as declared by its server, else UTF-8. A byte-order mark outranks it. */
  encoding?: string | undefined;
  /** Take the archive as it stood at this instant (milliseconds since 1970), which becomes `now`. */
  asOf?: number;
  /** What markets cost at that instant; read only with `asOf`. */
  prices?: PriceList;
  /** Whether the sink only checks; the summary says so. */
  dryRun: boolean;
  /** Milliseconds since 1970. */
  now: number;
  sink: ImportSink;
  /** Where rejects are written, should there be any. */
  rejectsPath: string;
  onProgress?: (progress: ImportProgress) => void;
}

export interface ImportProgress {
  /** A source that may hold interactions is read twice: markets first, as its lines are in any order. */
  phase: 'markets' | 'interactions';
  /** As stored, of `totalBytes`; starts again with each phase. */
  bytesRead: number;
  totalBytes: number;
}

export interface ImportSummary {
  dryRun: boolean;
  /** Records of every kind in the source, rejected ones included. */
  read: number;
  /** Markets by the sink's answer. */
  created: number;
  updated: number;
  unchanged: number;
  /** Of those three, the markets that are open. */
  open: number;
  /** Of those three, the markets with an invalid field that was repaired or dropped. */
  repaired: number;
  /** Records that stand for no market yet: placeholders for answers to come. */
  placeholders: number;
  /** Markets replaced by a later one of the same id before they were handed over. */
  repeated: number;
  recorded: number;
  /** Interactions that the sink knew already. */
  duplicates: number;
  /** Records that could not be read, and drafts that the sink refused. */
  rejected: number;
  skippedNotYetCreated: number;
  skippedLaterInteractions: number;
  /** Markets whose probability is unknown, for want of a price dated at the instant or before. */
  pricesUnknown: number;
  /** What the list of prices was good for; null without one. */
  prices: { markets: number; sought: number; found: number } | null;
  /** Rows of the list of prices that could not be read. */
  unreadablePrices: number;
  /** Null when nothing was rejected. */
  rejectsPath: string | null;
  /** The first three rejects. */
  firstRejects: readonly { line: number; reason: string }[];
}

interface Drafted<T> {
  line: number;
  draft: T;
}

interface DraftedMarket extends Drafted<MarketDraft> {
  priceUnknown: boolean;
  repairs: readonly string[];
}

/**
 * Reads a source to its end and hands everything to the sink, in batches, one at a time: memory does
 * not grow with the source. A record that cannot be read is written to the file of rejects and
 * hinders no other.
 *
 * @throws OperatorError when the source is broken as a whole; batches before that place have been
 *   handed over.
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
    read: 0,
    created: 0,
    updated: 0,
    unchanged: 0,
    open: 0,
    repaired: 0,
    placeholders: 0,
    repeated: 0,
    recorded: 0,
    duplicates: 0,
    skippedNotYetCreated: 0,
    skippedLaterInteractions: 0,
    pricesUnknown: 0,
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
      firstRejects: this.rejects.first,
    };
  }

  /** Hands over the markets; answers how many interactions it passed. */
  async importMarkets(): Promise<number> {
    const batch = new Batch<DraftedMarket>(marketsAtOnce, (markets) => this.#upsert(markets));
    let interactions = 0;
    for await (const record of this.#records('markets')) {
      this.#counts.read++;
      if (record.kind === 'reject') await this.rejects.add(record);
      else if (record.kind === 'interaction') interactions++;
      else if (record.kind === 'skipped') this.#counts.placeholders++;
      else await this.#addMarket(record, batch);
    }
    await batch.flush();
    return interactions;
  }

  async importInteractions(): Promise<void> {
    const batch = new Batch<Drafted<InteractionDraft>>(interactionsAtOnce, (items) => this.#record(items));
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

  async #addMarket(record: MarketRecord, batch: Batch<DraftedMarket>): Promise<void> {
    const { line, repairs = [] } = record;
    let draft = record.market;
    let priceUnknown = false;
    if (this.#asOf) {
      const then = marketAsOf(draft, record.dates, this.#asOf, (market) => this.#priceOf(market));
      if (then.kind === 'not-yet-created') {
        this.#counts.skippedNotYetCreated++;
        return;
      }
      if (then.kind === 'unplaceable') {
        await this.rejects.add(reject(line, then.reason, draft));
        return;
      }
      draft = then.market;
      priceUnknown = then.priceUnknown;
    }
    if (await batch.add(draft.id, { line, draft, priceUnknown, repairs })) this.#counts.repeated++;
  }

  #priceOf(market: MarketDraft): number | undefined {
    const price = this.#options.prices?.priceOf(market);
    this.#pricesSought++;
    if (price !== undefined) this.#pricesFound++;
    return price;
  }

  async #addInteraction(record: InteractionRecord, batch: Batch<Drafted<InteractionDraft>>): Promise<void> {
    const interaction = record.interaction;
    const clientEventId = interaction.clientEventId ?? importedEventId(interaction);
    const then = this.#asOf ? interactionAsOf(interaction, this.#asOf) : interaction;
    if (!then) {
      this.#counts.skippedLaterInteractions++;
      return;
    }
    await batch.add(record.line, { line: record.line, draft: { ...then, clientEventId } });
  }

  async #upsert(markets: DraftedMarket[]): Promise<void> {
    const answers = await this.#options.sink.upsertMarkets(markets.map(({ draft }) => draft));
    for (const [{ line, draft, priceUnknown, repairs }, answer] of paired(markets, answers)) {
      if (answer.outcome === 'REJECTED') {
        await this.rejects.add(reject(line, answer.reason ?? 'was refused', draft));
        continue;
      }
      this.#counts[outcomeCounts[answer.outcome]]++;
      if ((draft.status ?? 'OPEN') === 'OPEN') this.#counts.open++;
      if (priceUnknown) this.#counts.pricesUnknown++;
      if (repairs.length + (answer.repairs ?? []).length > 0) this.#counts.repaired++;
    }
  }

  async #record(interactions: Drafted<InteractionDraft>[]): Promise<void> {
    const answers = await this.#options.sink.recordInteractions(interactions.map(({ draft }) => draft));
    for (const [{ line, draft }, answer] of paired(interactions, answers)) {
      if (answer.outcome === 'RECORDED') this.#counts.recorded++;
      else if (answer.outcome === 'DUPLICATE') this.#counts.duplicates++;
      else await this.rejects.add(reject(line, answer.reason ?? 'was refused', draft));
    }
  }
}

const outcomeCounts = { CREATED: 'created', UPDATED: 'updated', UNCHANGED: 'unchanged' } as const;

function paired<T, A>(drafts: readonly T[], answers: readonly A[]): [T, A][] {
  if (answers.length !== drafts.length) {
    throw new Error(`The sink answered ${answers.length} times to ${drafts.length} drafts.`);
  }
  return drafts.map((draft, index) => [draft, answers[index] as A]);
}
