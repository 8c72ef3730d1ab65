import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../../lib/clock.js';
import { packageVersion } from '../../config/package-version.js';
import type { SourceConfig } from '../../config/source-config.js';
import type { Logger } from '../../lib/logger.js';
import type { SourceStateRepository } from '../../storage/markets/source-state-repository.js';
import { orUnavailable } from '../../storage/unavailable.js';
import type { Catalog } from '../catalog.js';
import type { MarketDraft } from '../importers/market-draft.js';
import { retryAtMs } from './back-off.js';
import { missingMarkets } from './missing-markets.js';
import { readSource, type Reading } from './read-source.js';
import { SourceFailure } from './source-failure.js';
import { parseSourceState, type SourceState } from './source-state.js';

/** Markets of one upsert: comparing them with the stored ones takes about 2 ms in one turn of the event loop. */
const MARKETS_AT_ONCE = 100;

const REASONS_LOGGED = 5;

/** What a poll did. */
export interface PollSummary {
  readonly pages: number;
  /** Of the pages: those that the site said are as they were. Their markets are not counted. */
  readonly unchangedPages: number;
  /** Markets of the other pages, by what became of them. */
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly rejected: number;
  /** Of the markets taken: those with an invalid field that was repaired or dropped. */
  readonly repaired: number;
  /** Records that stand for no market yet: placeholders for answers to come. */
  readonly placeholders: number;
  /** Markets closed because they are no longer listed. */
  readonly closed: number;
  /** Whether the list is longer than `maxPages`. */
  readonly truncated: boolean;
}

/** A poll that came before its source may be asked again. */
export interface SkippedPoll {
  readonly skippedUntil: Date;
  /** Why the last poll failed. */
  readonly failure: string;
}

export interface PollerParts {
  readonly source: SourceConfig;
  readonly catalog: Pick<Catalog, 'upsert' | 'findByIds'>;
  readonly states: SourceStateRepository;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Default: that of Node. */
  readonly fetch?: typeof fetch;
}

/** Brings the catalog up to the list of one market site. What it remembers between polls is in the database. */
export class MarketPoller {
  readonly #version = packageVersion();

  constructor(private readonly deps: PollerParts) {}

  /**
   * Reads the list once and puts it into the catalog. A poll that comes before the source may be asked again does
   * nothing.
   *
   * @throws SourceFailure when the list cannot be read: then the catalog is as it was, and the source is left alone
   *   for a while. {BellwetherError} UNAVAILABLE without a database; the reason of the signal when that ends it: then
   *   the next poll reads everything that was not stored.
   */
  async poll(signal: AbortSignal): Promise<PollSummary | SkippedPoll> {
    const { source, states, clock, logger } = this.deps;
    const startedMs = clock();
    const stored = await this.#stored(() => states.find(source.name));
    const before = parseSourceState(stored, source);
    if (before.retryAtMs !== null && startedMs < before.retryAtMs) {
      return { skippedUntil: new Date(before.retryAtMs), failure: before.failure };
    }
    const reading = await this.#read(before, startedMs, signal);
    const taken = await this.#take(reading, signal);
    const { gone, awaited } = missing(before, reading);
    const closed = await this.#close(gone, signal);
    const after: SourceState = {
      ...{ list: before.list, failures: 0, failure: '', retryAtMs: null, awaited },
      pages: reading.pages.map(({ state }) => state),
      complete: reading.complete,
    };
    if (!isDeepStrictEqual(stored, after)) {
      await this.#stored(() => states.save(source.name, after, new Date(clock())));
    }
    const summary: PollSummary = {
      pages: reading.pages.length,
      unchangedPages: reading.pages.filter(({ content }) => content === null).length,
      ...taken,
      ...{ closed, truncated: reading.truncated },
    };
    logger.debug({ source: source.name, ...summary }, 'a source was read');
    return summary;
  }

  #stored<Result>(work: () => Promise<Result>): Promise<Result> {
    return orUnavailable('What is known of the sources could not be read or stored now.', work);
  }

  async #read(before: SourceState, startedMs: number, signal: AbortSignal): Promise<Reading> {
    const { source } = this.deps;
    try {
      return await readSource({
        ...{ source, remembered: before.pages, version: this.#version, nowMs: startedMs, signal },
        fetch: this.deps.fetch ?? fetch,
      });
    } catch (error) {
      if (error instanceof SourceFailure) await this.#backOff(before, startedMs, error);
      throw error;
    }
  }

  async #backOff(before: SourceState, startedMs: number, failure: SourceFailure): Promise<void> {
    const { source, states, clock, logger } = this.deps;
    const failedMs = clock();
    const failures = before.failures + 1;
    const retryAt = retryAtMs({
      ...{ failures, everySeconds: source.everySeconds, startedMs, failedMs },
      retryAfter: failure.retryAfter,
    });
    await states
      .save(
        source.name,
        { ...before, failures, failure: failure.message, retryAtMs: retryAt },
        new Date(failedMs),
      )
      .catch((error: unknown) => {
        // What has to be told is why the source failed.
        logger.warn({ err: error, source: source.name }, 'the back-off of a source could not be stored');
      });
  }

  async #take(
    { pages }: Reading,
    signal: AbortSignal,
  ): Promise<Omit<PollSummary, 'pages' | 'unchangedPages' | 'closed' | 'truncated'>> {
    // A list that moved while it was read has a market twice: what was read later is newer.
    const drafts = new Map<string, MarketDraft>();
    const reasons: string[] = [];
    const repaired = new Set<string>();
    let placeholders = 0;
    for (const [index, { content }] of pages.entries()) {
      for (const draft of content?.drafts ?? []) drafts.set(draft.id, draft);
      for (const id of content?.repairedIds ?? []) repaired.add(id);
      placeholders += content?.placeholders ?? 0;
      for (const { line, reason } of content?.rejects ?? [])
        reasons.push(`page ${index + 1}, item ${line}: ${reason}`);
    }
    const taken = { created: 0, updated: 0, unchanged: 0 };
    for (const batch of batches([...drafts.values()])) {
      signal.throwIfAborted();
      for (const { id, outcome, reason, repairs } of await this.deps.catalog.upsert(batch)) {
        if (outcome === 'REJECTED') {
          reasons.push(`${id}: ${reason ?? 'was refused'}`);
          repaired.delete(id);
        } else {
          taken[COUNTED_AS[outcome]] += 1;
          if (repairs.length > 0) repaired.add(id);
        }
      }
    }
    if (reasons.length > 0) {
      this.deps.logger.warn(
        {
          ...{ source: this.deps.source.name, rejected: reasons.length },
          reasons: reasons.slice(0, REASONS_LOGGED),
        },
        'some records of a source could not be taken',
      );
    }
    return { ...taken, rejected: reasons.length, repaired: repaired.size, placeholders };
  }

  /** @returns how many of them were open. */
  async #close(ids: readonly string[], signal: AbortSignal): Promise<number> {
    let closed = 0;
    for (const batch of batches(ids)) {
      signal.throwIfAborted();
      const markets = await this.deps.catalog.findByIds(batch);
      // One that is resolved, by whatever way that became known, stays so.
      const open = markets.filter((market) => market?.status === 'OPEN');
      const results = await this.deps.catalog.upsert(
        open.flatMap((market) => (market === undefined ? [] : [{ id: market.id, status: 'CLOSED' }])),
      );
      closed += results.filter(({ outcome }) => outcome === 'UPDATED').length;
    }
    return closed;
  }
}

const COUNTED_AS = { CREATED: 'created', UPDATED: 'updated', UNCHANGED: 'unchanged' } as const;

/** Where missing markets are not to be closed, a reading does not keep what it lists: then none is gone. */
function missing(
  { pages, complete, awaited }: SourceState,
  reading: Reading,
): ReturnType<typeof missingMarkets> {
  return missingMarkets(
    { listed: pages.flatMap(({ marketIds }) => marketIds), complete, awaited },
    {
      listed: new Set(reading.pages.flatMap(({ state }) => state.marketIds)),
      complete: reading.complete,
    },
    { twice: reading.mayMiss },
  );
}

function* batches<Item>(items: readonly Item[]): Generator<Item[]> {
  for (let start = 0; start < items.length; start += MARKETS_AT_ONCE) {
    yield items.slice(start, start + MARKETS_AT_ONCE);
  }
}
