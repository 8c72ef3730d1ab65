import type { SourceConfig } from '../../config/source-config.js';
import { fetchPage } from './fetch-page.js';
import { pagingOf } from './paging.js';
import { readPage, type PageContent } from './read-page.js';
import { SourceFailure } from './source-failure.js';
import { pageRequestHash, type PageState } from './source-state.js';

/** A whole list, or its first pages. */
export interface Reading {
  readonly pages: readonly ReadingPage[];
  /** Whether there were more pages than are read. */
  readonly truncated: boolean;
  /** Whether every market of the list is known: there were no more pages, and no item was unreadable. */
  readonly complete: boolean;
  /** Whether a market that moved during the reading may be on no page. */
  readonly mayMiss: boolean;
}

export interface ReadingPage {
  readonly state: PageState;
  /** Null when the page was as remembered. */
  readonly content: PageContent | null;
}

export interface ReadOptions {
  readonly source: SourceConfig;
  readonly remembered: readonly PageState[];
  /** Of this program; stands in the user agent. */
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  readonly signal: AbortSignal;
  readonly fetch: typeof fetch;
}

/**
 * Reads the list of a source, page after page. What it holds in memory is what the records say, at most
 * `maxPages · maxResponseMegabytes`.
 *
 * @throws SourceFailure when any page cannot be had; the reason of the signal when that is what ended it.
 */
export async function readSource(options: ReadOptions): Promise<Reading> {
  const paging = pagingOf(options.source);
  const pages: ReadingPage[] = [];
  const outlines = (): PageState[] => pages.map(({ state }) => state);
  let url = paging.next([]);
  while (url !== null && pages.length < options.source.maxPages) {
    const page = await readOrRecall(url, pages.length + 1, options);
    const repeated = pages.findIndex(({ state }) => isRepetition(page.state, state));
    if (repeated >= 0) {
      throw new SourceFailure(
        `${url.host} gave page ${repeated + 1} again as page ${pages.length + 1}, so that its list does not end.`,
      );
    }
    pages.push(page);
    url = paging.next(outlines());
  }
  const truncated = url !== null;
  return {
    pages,
    truncated,
    complete: !truncated && !pages.some(({ state }) => state.hasUnreadable),
    mayMiss: paging.byPlace && pages.length > 1,
  };
}

async function readOrRecall(url: URL, place: number, options: ReadOptions): Promise<ReadingPage> {
  const { source, nowMs } = options;
  const request = pageRequestHash(url, source, options.version);
  const before = options.remembered.find((page) => page.request === request && canBeKept(page, nowMs));
  const fetched = await fetchPage(
    {
      ...{ url, page: `page ${place}`, validators: before ?? {} },
      userAgent: `bellwether/${options.version}`,
      timeoutSeconds: source.timeoutSeconds,
      maxMegabytes: source.maxResponseMegabytes,
      ...{ signal: options.signal, fetch: options.fetch },
    },
    (body, encoding) => readPage(body, source.format, nowMs, encoding),
  );
  if (fetched === null) {
    if (before === undefined) {
      throw new SourceFailure(`${url.host} says that page ${place} has not changed, which was not asked.`);
    }
    return { state: before, content: null };
  }
  const { itemCount, lastItemId, nextCursor, staleAtMs, hasUnreadable, marketIds } = fetched.content;
  const outline = { itemCount, lastItemId, nextCursor, staleAtMs, hasUnreadable };
  return {
    state: {
      request,
      ...fetched.validators,
      ...outline,
      marketIds: source.closeMissing ? [...marketIds] : [],
    },
    content: fetched.content,
  };
}

/** Whether a page may be asked for under the condition that it has changed. */
function canBeKept({ etag, lastModified, staleAtMs }: PageState, nowMs: number): boolean {
  const isNamed = etag !== undefined || lastModified !== undefined;
  return isNamed && (staleAtMs === null || nowMs < staleAtMs);
}

/**
 * Whether a page is one that was read before: a site that ignores the parameter by which it is paged gives its first page
 * again and again, and cursors may lead in a circle.
 */
function isRepetition(page: PageState, before: PageState): boolean {
  if (page.itemCount === 0) return false;
  if (page.nextCursor !== null && page.nextCursor === before.nextCursor) return true;
  return page.lastItemId !== null && page.lastItemId === before.lastItemId;
}
