import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { SourceConfig } from '../../config/source-config.js';

/** A page as it was last read. */
const pageState = z.strictObject({
  /** Which request it answers, as a hash: an address may hold a key. */
  request: z.string(),
  etag: z.string().optional(),
  lastModified: z.string().optional(),
  itemCount: z.number(),
  lastItemId: z.string().nullable(),
  nextCursor: z.string().nullable(),
  /** Empty unless missing markets are to be closed. */
  marketIds: z.array(z.string()),
  staleAtMs: z.number().nullable(),
  /** Whether an item could not be read at all, so that the market that it stands for is not known. */
  hasUnreadable: z.boolean().default(false),
});

const sourceState = z.strictObject({
  /** Which list it is of, as a hash. */
  list: z.string(),
  /** In a row. */
  failures: z.number(),
  /** Why the last one failed; empty when it did not. */
  failure: z.string().default(''),
  /** Not to be asked before; milliseconds since 1970. */
  retryAtMs: z.number().nullable(),
  pages: z.array(pageState),
  /** Whether the pages are the whole list. */
  complete: z.boolean(),
  /** Markets that were listed, are not on the pages, and may still have to be closed. */
  awaited: z.array(z.string()),
});

export type PageState = z.output<typeof pageState>;
export type SourceState = z.output<typeof sourceState>;

/** What is remembered of a list; nothing when it is of another list, or in another form. */
export function parseSourceState(stored: unknown, source: SourceConfig): SourceState {
  const list = hash(source.format, source.url);
  const parsed = sourceState.safeParse(stored);
  if (parsed.success && parsed.data.list === list) return parsed.data;
  return { list, failures: 0, failure: '', retryAtMs: null, pages: [], complete: false, awaited: [] };
}

/** By what a page is recognized: its address, and all else on which it depends what is remembered of it. */
export function pageRequestHash(url: URL, source: SourceConfig, version: string): string {
  return hash(source.format, url.href, String(source.closeMissing), version);
}

function hash(...parts: string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
}
