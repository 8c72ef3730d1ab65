import type { SourceConfig } from '../../config/source-config.js';
import { SourceFailure } from './source-failure.js';

/** What has to be known of a page to ask for the one after it. */
export interface PageOutline {
  /** Items of the list; an event with its markets is one. */
  readonly itemCount: number;
  /** Of the last item; null when there is none that can be asked for. */
  readonly lastItemId: string | null;
  /** Of answers that name where the list goes on. */
  readonly nextCursor: string | null;
}

/** How a site gives a long list page by page. */
export interface Paging {
  /**
   * The address of the page after these; null when they are all.
   *
   * @throws SourceFailure when the last page does not say how to go on.
   */
  next(pages: readonly PageOutline[]): URL | null;
  /**
   * Whether places in the list are counted, so that a market that moves up while the list is read may be on no page.
   */
  readonly byPlace: boolean;
}

/** How the list of a source is paged, by the end of its path. */
export function pagingOf(source: Pick<SourceConfig, 'format' | 'url' | 'pageSize'>): Paging {
  const url = new URL(source.url);
  url.searchParams.set('limit', String(source.pageSize));
  const list = url.pathname.replace(/\/+$/, '').split('/').at(-1);
  if (source.format === 'manifold') return list === 'search-markets' ? offsetPaging(url) : beforePaging(url);
  if (list === 'keyset') return cursorPaging(url);
  // By default the order is not promised, and an order by volume changes from page to page.
  if (!url.searchParams.has('order')) {
    url.searchParams.set('order', 'id');
    url.searchParams.set('ascending', 'true');
  }
  return offsetPaging(url);
}

/** Gamma's `/markets` and `/events`, Manifold's `/v0/search-markets`: skip so many items. */
function offsetPaging(url: URL): Paging {
  const next = (pages: readonly PageOutline[]): URL | null => {
    const offset = pages.reduce((sum, { itemCount }) => sum + itemCount, 0);
    return endsWith(pages) ? null : withParameter(url, 'offset', String(offset));
  };
  return { next, byPlace: true };
}

/** Gamma's `/markets/keyset` and `/events/keyset`: an answer that is not the last names a cursor. */
function cursorPaging(url: URL): Paging {
  const next = (pages: readonly PageOutline[]): URL | null => {
    const last = pages.at(-1);
    if (last === undefined) return url;
    return last.nextCursor === null ? null : withParameter(url, 'after_cursor', last.nextCursor);
  };
  return { next, byPlace: false };
}

/** Manifold's `/v0/markets`: what comes before the last market seen, newest first. */
function beforePaging(url: URL): Paging {
  const next = (pages: readonly PageOutline[]): URL | null => {
    const last = pages.at(-1);
    if (last === undefined) return url;
    if (endsWith(pages)) return null;
    if (last.lastItemId !== null) return withParameter(url, 'before', last.lastItemId);
    throw new SourceFailure(
      `${url.host} ended page ${pages.length} with a market without id, so that the next cannot be asked for.`,
    );
  };
  return { next, byPlace: false };
}

/**
 * Whether a list ends with its last page so far: one that is empty or shorter than the first. The first may be short
 * because the site gives fewer items at once than it was asked for.
 */
function endsWith(pages: readonly PageOutline[]): boolean {
  const [first, last] = [pages[0], pages.at(-1)];
  if (first === undefined || last === undefined) return false;
  return last.itemCount === 0 || last.itemCount < first.itemCount;
}

function withParameter(url: URL, name: string, value: string): URL {
  const page = new URL(url);
  page.searchParams.set(name, value);
  return page;
}
