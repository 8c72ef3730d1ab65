import type { SourceConfig } from '../../config/schema/source-schema.js';
import { SourceError } from './source-error.js';

/** The properties of a page from which the request of the next page follows. */
export interface PageOutline {
  /** Number of list items; an event with its markets is one item. */
  readonly itemCount: number;
  /** Id of the last item; null if it has no usable id. */
  readonly lastItemId: string | null;
  /** Cursor of the next page; null if the response has none. */
  readonly nextCursor: string | null;
}

/** Pagination scheme of a list. */
interface Paging {
  /**
   * Returns the URL of the page after these, or null after the last page.
   *
   * @throws {SourceError} if the last page lacks the id that the next request needs.
   */
  next(pages: readonly PageOutline[]): URL | null;
  /** Whether pages are addressed by offset. A market that moves up during the poll may then be on no page. */
  readonly byOffset: boolean;
}

/** Chooses the pagination scheme by the end of the path. */
export function pagingOf(source: Pick<SourceConfig, 'format' | 'url' | 'pageSize'>): Paging {
  const url = new URL(source.url);
  url.searchParams.set('limit', String(source.pageSize));
  const list = url.pathname.replace(/\/+$/, '').split('/').at(-1);
  if (source.format === 'manifold') return list === 'search-markets' ? offsetPaging(url) : beforePaging(url);
  if (list === 'keyset') return cursorPaging(url);
  // The default order is unspecified, and an order by volume would change between pages.
  if (!url.searchParams.has('order')) {
    url.searchParams.set('order', 'id');
    url.searchParams.set('ascending', 'true');
  }
  return offsetPaging(url);
}

/** Gamma's `/markets` and `/events`, Manifold's `/v0/search-markets`: pages by `limit` and `offset`. */
function offsetPaging(url: URL): Paging {
  const next = (pages: readonly PageOutline[]): URL | null => {
    const offset = pages.reduce((sum, { itemCount }) => sum + itemCount, 0);
    return endsWith(pages) ? null : withParameter(url, 'offset', String(offset));
  };
  return { next, byOffset: true };
}

/** Gamma's `/markets/keyset` and `/events/keyset`: each response except the last contains a cursor. */
function cursorPaging(url: URL): Paging {
  const next = (pages: readonly PageOutline[]): URL | null => {
    const last = pages.at(-1);
    if (last === undefined) return url;
    return last.nextCursor === null ? null : withParameter(url, 'after_cursor', last.nextCursor);
  };
  return { next, byOffset: false };
}

/** Manifold's `/v0/markets`, newest first: pages by the id of the last market of the previous page. */
function beforePaging(url: URL): Paging {
  const next = (pages: readonly PageOutline[]): URL | null => {
    const last = pages.at(-1);
    if (last === undefined) return url;
    if (endsWith(pages)) return null;
    if (last.lastItemId !== null) return withParameter(url, 'before', last.lastItemId);
    throw new SourceError(
      `${url.host} returned page ${pages.length} with a last market without id, so the next page cannot be requested.`,
    );
  };
  return { next, byOffset: false };
}

/**
 * Whether the last page so far ends the list, which is the case if it is empty or shorter than the first page. The first
 * page may itself be shorter than requested, because a site may limit the page size.
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
