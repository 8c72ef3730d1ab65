import type { SourceConfig } from '../../config/schema/source-schema.js';
import { fetchPage } from './fetch-page.js';
import { pagingOf } from './paging.js';
import { parsePage, type PageContent } from './parse-page.js';
import { SourceError } from './source-error.js';
import { pageRequestHash, type PageState } from './source-state.js';

/** The list of a source, or its first pages. */
export interface FetchedList {
  readonly pages: readonly ListPage[];
  /** Whether the list has more pages than `maxPages`. */
  readonly truncated: boolean;
  /** Whether all market ids of the list are known: all pages were fetched, and no item was unreadable. */
  readonly complete: boolean;
  /** Whether a market that moved within the list during the poll may be on no page. */
  readonly mayMiss: boolean;
}

interface ListPage {
  readonly state: PageState;
  /** Null if the page has not changed since the last poll. */
  readonly content: PageContent | null;
}

interface FetchListOptions {
  readonly source: SourceConfig;
  /** Pages of the last poll. */
  readonly knownPages: readonly PageState[];
  /** Version of this program, for the user agent. */
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  readonly signal: AbortSignal;
  readonly fetch: typeof fetch;
}

/**
 * Fetches the list of a source, page by page. Holds the parsed records in memory, at most
 * `maxPages · maxResponseMegabytes`.
 *
 * @throws {SourceError} if any page cannot be fetched; the reason of the signal if the signal ended the poll.
 */
export async function fetchList(options: FetchListOptions): Promise<FetchedList> {
  const paging = pagingOf(options.source);
  const pages: ListPage[] = [];
  const outlines = (): PageState[] => pages.map(({ state }) => state);
  let url = paging.next([]);
  while (url !== null && pages.length < options.source.maxPages) {
    const page = await fetchListPage(url, pages.length + 1, options);
    const repeated = pages.findIndex(({ state }) => isRepetition(page.state, state));
    if (repeated >= 0) {
      throw new SourceError(
        `${url.host} returned page ${repeated + 1} again as page ${pages.length + 1}, so its list does not end.`,
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
    mayMiss: paging.byOffset && pages.length > 1,
  };
}

/** @param pageNumber from 1. */
async function fetchListPage(url: URL, pageNumber: number, options: FetchListOptions): Promise<ListPage> {
  const { source, nowMs } = options;
  const request = pageRequestHash(url, source, options.version);
  const known = options.knownPages.find((page) => page.request === request && isRevalidatable(page, nowMs));
  const fetched = await fetchPage(
    {
      ...{ url, page: `page ${pageNumber}`, validators: known ?? {} },
      userAgent: `bellwether/${options.version}`,
      timeoutSeconds: source.timeoutSeconds,
      maxMegabytes: source.maxResponseMegabytes,
      ...{ signal: options.signal, fetch: options.fetch },
    },
    (body, encoding) => parsePage(body, source.format, nowMs, encoding),
  );
  if (fetched === null) {
    if (known === undefined) {
      throw new SourceError(
        `${url.host} responded with 304 Not Modified for page ${pageNumber}, but the request was unconditional.`,
      );
    }
    return { state: known, content: null };
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

/** Whether a conditional request is allowed: the page has a validator and is not stale. */
function isRevalidatable({ etag, lastModified, staleAtMs }: PageState, nowMs: number): boolean {
  const hasValidator = etag !== undefined || lastModified !== undefined;
  return hasValidator && (staleAtMs === null || nowMs < staleAtMs);
}

/**
 * Whether a page repeats an earlier one. A site that ignores the paging parameter returns its first page every time, and
 * cursors may form a cycle.
 */
function isRepetition(page: PageState, earlier: PageState): boolean {
  if (page.itemCount === 0) return false;
  if (page.nextCursor !== null && page.nextCursor === earlier.nextCursor) return true;
  return page.lastItemId !== null && page.lastItemId === earlier.lastItemId;
}
