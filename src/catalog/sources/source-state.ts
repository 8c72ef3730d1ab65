import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { SourceConfig } from '../../config/schema/source-schema.js';

/** State of a page at the last poll. */
const pageState = z.strictObject({
  /** Hash of the request, because its URL may contain a key. */
  request: z.string(),
  etag: z.string().optional(),
  lastModified: z.string().optional(),
  itemCount: z.number(),
  lastItemId: z.string().nullable(),
  nextCursor: z.string().nullable(),
  /** Empty unless `closeMissing` is set. */
  marketIds: z.array(z.string()),
  staleAtMs: z.number().nullable(),
  /** Whether an item was unreadable, so that its market id is unknown. */
  hasUnreadable: z.boolean().default(false),
});

const sourceState = z.strictObject({
  /** Hash of format and url of the list. */
  list: z.string(),
  /** Number of consecutive failures. */
  failures: z.number(),
  /** Message of the last failure; empty after a success. */
  failure: z.string().default(''),
  /** The source is not polled before this time; milliseconds since 1970. */
  retryAtMs: z.number().nullable(),
  pages: z.array(pageState),
  /** Whether the pages are the whole list. */
  complete: z.boolean(),
  /** Ids that were listed earlier, are missing now, and may still have to be closed. */
  awaited: z.array(z.string()),
});

export type PageState = z.output<typeof pageState>;
export type SourceState = z.output<typeof sourceState>;

/** Parses the stored state of a source. Returns an empty state for another list or another version of the schema. */
export function parseSourceState(stored: unknown, source: SourceConfig): SourceState {
  const list = hash(source.format, source.url);
  const parsed = sourceState.safeParse(stored);
  if (parsed.success && parsed.data.list === list) return parsed.data;
  return { list, failures: 0, failure: '', retryAtMs: null, pages: [], complete: false, awaited: [] };
}

/** Identifies the stored state of a page by its URL and by everything else that the state depends on. */
export function pageRequestHash(url: URL, source: SourceConfig, version: string): string {
  return hash(source.format, url.href, String(source.closeMissing), version);
}

function hash(...parts: string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
}

/** The list as of earlier polls. */
interface EarlierList {
  /** Ids on the pages of the last poll. */
  readonly listed: Iterable<string>;
  /** Whether those pages were the whole list. */
  readonly complete: boolean;
  /** Ids that were listed earlier and may still have to be closed. */
  readonly awaited: Iterable<string>;
}

interface CurrentList {
  readonly listed: ReadonlySet<string>;
  readonly complete: boolean;
}

/**
 * Finds the markets that are no longer listed. An incomplete list gives no result. Neither does an empty list, which is
 * more likely an error of the site than the end of all its markets.
 *
 * @param requireTwo whether a market must be missing in two consecutive polls, because one poll may miss it.
 * @returns the ids to close, and the ids that are missing but not closed yet.
 */
export function findMissingMarkets(
  earlier: EarlierList,
  current: CurrentList,
  { requireTwo }: { requireTwo: boolean },
): { missing: string[]; awaited: string[] } {
  const known = new Set([...earlier.awaited, ...(earlier.complete ? earlier.listed : [])]);
  if (!current.complete || current.listed.size === 0) return { missing: [], awaited: [...known] };
  const unlisted = [...known].filter((id) => !current.listed.has(id));
  if (!requireTwo) return { missing: unlisted, awaited: [] };
  const unlistedBefore = new Set(earlier.awaited);
  return {
    missing: unlisted.filter((id) => unlistedBefore.has(id)),
    awaited: unlisted.filter((id) => !unlistedBefore.has(id)),
  };
}
