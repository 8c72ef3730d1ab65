import { isTradable } from '../../domain/market.js';
import { isDeepStrictEqual } from 'node:util';
import { packageVersion } from '../../config/package-version.js';
import type { SourceConfig } from '../../config/schema/source-schema.js';
import type { Clock } from '../../lib/clock.js';
import type { Logger } from '../../lib/logger.js';
import type { SourceStateRepository } from '../../storage/markets/source-state-repository.js';
import { orUnavailable } from '../../storage/database-errors.js';
import type { Catalog } from '../catalog.js';
import type { MarketDraft } from '../importers/formats/import-record.js';
import { retryAtMs } from './back-off.js';
import { fetchList, type FetchedList } from './fetch-list.js';
import { SourceError } from './source-error.js';
import { findMissingMarkets, parseSourceState, type SourceState } from './source-state.js';

/** Markets per upsert: comparing them with the stored ones takes about 2 ms in one turn of the event loop. */
const MARKETS_PER_BATCH = 100;

/** Maximum number of reasons in the log entry about rejected records. */
const REASONS_LOGGED = 5;

/** Result of a poll. */
interface PollSummary {
  readonly pages: number;
  /** Pages that have not changed since the last poll. Their markets are not counted below. */
  readonly unchangedPages: number;
  /** Markets of the changed pages, by outcome. */
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly rejected: number;
  /** Markets, not rejected, with an invalid field that was repaired or dropped. */
  readonly repaired: number;
  /** Skipped placeholders: markets that the source created in advance for answers that it has not named yet. */
  readonly placeholders: number;
  /** Markets closed because they are no longer listed. */
  readonly closed: number;
  /** Whether the list is longer than `maxPages`. */
  readonly truncated: boolean;
}

/** A poll that was skipped because the source is in backoff. */
interface SkippedPoll {
  readonly skippedUntil: Date;
  /** Why the last poll failed. */
  readonly failure: string;
}

interface PollerDeps {
  readonly source: SourceConfig;
  readonly catalog: Pick<Catalog, 'upsert' | 'findByIds'>;
  readonly states: SourceStateRepository;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Default: the global `fetch`. */
  readonly fetch?: typeof fetch;
}

/** Updates the catalog from the list of one market site. The state between polls is in the database. */
export class MarketPoller {
  /** Version of the gateway, for the user agent. */
  readonly #version = packageVersion();

  constructor(private readonly deps: PollerDeps) {}

  /**
   * Fetches the whole list and applies it to the catalog. Does nothing while the source is in backoff.
   *
   * @throws {SourceError} if the list cannot be fetched; the catalog is then unchanged, and the backoff starts.
   * @throws {BellwetherError} UNAVAILABLE if the database is unavailable.
   * @throws the reason of the signal if the signal ended the poll; the next poll then fetches everything that was not
   *   stored.
   */
  async poll(signal: AbortSignal): Promise<PollSummary | SkippedPoll> {
    const { source, states, clock, logger } = this.deps;
    const startedMs = clock();
    const stored = await this.#withDatabase(() => states.find(source.name));
    const before = parseSourceState(stored, source);
    if (before.retryAtMs !== null && startedMs < before.retryAtMs) {
      return { skippedUntil: new Date(before.retryAtMs), failure: before.failure };
    }
    const list = await this.#fetch(before, startedMs, signal);
    const counts = await this.#upsert(list, signal);
    const { missing, awaited } = missingIn(list, before);
    const closed = await this.#close(missing, signal);
    const after: SourceState = {
      ...{ list: before.list, failures: 0, failure: '', retryAtMs: null, awaited },
      pages: list.pages.map(({ state }) => state),
      complete: list.complete,
    };
    if (!isDeepStrictEqual(stored, after)) {
      await this.#withDatabase(() => states.save(source.name, after, new Date(clock())));
    }
    const summary: PollSummary = {
      pages: list.pages.length,
      unchangedPages: list.pages.filter(({ content }) => content === null).length,
      ...counts,
      ...{ closed, truncated: list.truncated },
    };
    logger.debug({ source: source.name, ...summary }, 'polled source');
    return summary;
  }

  #withDatabase<Result>(work: () => Promise<Result>): Promise<Result> {
    return orUnavailable('The state of the source could not be read or stored; retry later.', work);
  }

  async #fetch(before: SourceState, startedMs: number, signal: AbortSignal): Promise<FetchedList> {
    const { source } = this.deps;
    try {
      return await fetchList({
        ...{ source, knownPages: before.pages, version: this.#version, nowMs: startedMs, signal },
        fetch: this.deps.fetch ?? fetch,
      });
    } catch (error) {
      if (error instanceof SourceError) await this.#startBackoff(before, startedMs, error);
      throw error;
    }
  }

  async #startBackoff(before: SourceState, startedMs: number, error: SourceError): Promise<void> {
    const { source, states, clock, logger } = this.deps;
    const failedMs = clock();
    const failures = before.failures + 1;
    const retryAt = retryAtMs({
      ...{ failures, everySeconds: source.everySeconds, startedMs, failedMs },
      retryAfter: error.retryAfter,
    });
    await states
      .save(
        source.name,
        { ...before, failures, failure: error.message, retryAtMs: retryAt },
        new Date(failedMs),
      )
      .catch((saveError: unknown) => {
        // The caller must receive the reason why the source failed, so this error is only logged.
        logger.warn(
          { err: saveError, source: source.name },
          'failed to store the backoff of a source, polling again at the next interval',
        );
      });
  }

  async #upsert(
    { pages }: FetchedList,
    signal: AbortSignal,
  ): Promise<Omit<PollSummary, 'pages' | 'unchangedPages' | 'closed' | 'truncated'>> {
    // If the list changed during the poll, a market may be on two pages. The later page is newer.
    const drafts = new Map<string, MarketDraft>();
    const reasons: string[] = [];
    const repaired = new Set<string>();
    let placeholders = 0;
    for (const [index, { content }] of pages.entries()) {
      for (const draft of content?.drafts ?? []) drafts.set(draft.id, draft);
      for (const id of content?.repairedIds ?? []) repaired.add(id);
      placeholders += content?.placeholders ?? 0;
      for (const { line, reason } of content?.rejected ?? [])
        reasons.push(`page ${index + 1}, item ${line}: ${reason}`);
    }
    const counts = { created: 0, updated: 0, unchanged: 0 };
    for (const batch of batches([...drafts.values()])) {
      signal.throwIfAborted();
      for (const { id, status, problem, repairs } of await this.deps.catalog.upsert(batch)) {
        if (status === 'REJECTED') {
          reasons.push(`${id}: ${problem?.message ?? 'was rejected'}`);
          repaired.delete(id);
        } else {
          counts[STATUS_COUNTS[status]] += 1;
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
        'rejected records of a source, their markets are not updated',
      );
    }
    return { ...counts, rejected: reasons.length, repaired: repaired.size, placeholders };
  }

  /** Closes those of the markets that are open or paused, and returns their number. */
  async #close(ids: readonly string[], signal: AbortSignal): Promise<number> {
    let closed = 0;
    for (const batch of batches(ids)) {
      signal.throwIfAborted();
      const markets = await this.deps.catalog.findByIds(batch);
      // A resolved or cancelled market stays so.
      const open = markets.filter((market) => market !== undefined && isTradable(market.status));
      const results = await this.deps.catalog.upsert(
        open.flatMap((market) => (market === undefined ? [] : [{ id: market.id, status: 'CLOSED' }])),
      );
      closed += results.filter(({ status }) => status === 'UPDATED').length;
    }
    return closed;
  }
}

const STATUS_COUNTS = { CREATED: 'created', UPDATED: 'updated', UNCHANGED: 'unchanged' } as const;

/**
 * Finds the markets that were listed at an earlier poll and no longer are. With pages by offset, a market that moves during
 * the poll may be on no page, so it must be missing twice. Without the config key `closeMissing`, page states contain no
 * market ids, so nothing is missing.
 */
function missingIn(
  list: FetchedList,
  { pages, complete, awaited }: SourceState,
): ReturnType<typeof findMissingMarkets> {
  return findMissingMarkets(
    { listed: pages.flatMap(({ marketIds }) => marketIds), complete, awaited },
    {
      listed: new Set(list.pages.flatMap(({ state }) => state.marketIds)),
      complete: list.complete,
    },
    { requireTwo: list.mayMiss },
  );
}

function* batches<Item>(items: readonly Item[]): Generator<Item[]> {
  for (let start = 0; start < items.length; start += MARKETS_PER_BATCH) {
    yield items.slice(start, start + MARKETS_PER_BATCH);
  }
}
