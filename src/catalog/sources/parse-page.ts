import type { Readable } from 'node:stream';
import type { SourceConfig } from '../../config/schema/source-schema.js';
import { endOf } from '../../domain/market.js';
import { isStorableText } from '../../lib/input/text-schemas.js';
import { gammaArrays, gammaRecords } from '../importers/formats/gamma.js';
import {
  rejectRecord,
  type ImportRecord,
  type MarketDraft,
  type RejectedRecord,
} from '../importers/formats/import-record.js';
import { jsonArrayItems } from '../importers/formats/json-array.js';
import { manifoldArrays, manifoldRecord } from '../importers/formats/manifold.js';
import type { PageOutline } from './paging.js';

/** A parsed page. */
export interface PageContent extends PageOutline {
  readonly drafts: readonly MarketDraft[];
  /** Ids of the drafts from which the format dropped an invalid field. */
  readonly repairedIds: readonly string[];
  /** Number of skipped placeholders: markets created in advance for answers that the site has not named yet. */
  readonly placeholders: number;
  readonly rejected: readonly RejectedRecord[];
  /** Ids of all markets on the page, including rejected ones; incomplete if `hasUnreadable`. */
  readonly marketIds: readonly string[];
  /** Whether an item was unreadable, so that its market id is unknown. */
  readonly hasUnreadable: boolean;
  /**
   * The earliest future close time of an open market on the page; milliseconds since 1970, null if there is none. From then
   * on, the page must be parsed again even if the site returns it unchanged: a market of Manifold counts as closed, and a
   * market of Gamma as open past due.
   */
  readonly staleAtMs: number | null;
}

interface Format {
  /** Fields of the response that may contain the list, if the response is not itself an array. */
  readonly arrays: readonly string[];
  /** The records of one list item. `line` is the number of the item, from 1. */
  readonly records: (value: unknown, line: number, nowMs: number) => Iterable<ImportRecord>;
}

const formats: Readonly<Record<SourceConfig['format'], Format>> = {
  gamma: { arrays: gammaArrays, records: gammaRecords },
  manifold: {
    arrays: manifoldArrays,
    records: (value, line, nowMs) => [manifoldRecord(value, line, nowMs)],
  },
};

/** The field in which Gamma returns the cursor of the next page. */
const CURSOR_FIELD = 'next_cursor';

/** A longer text is not an id or cursor, and does not fit into a URL. */
const MAX_ID_LENGTH = 128;
const MAX_CURSOR_LENGTH = 2_000;

/**
 * Parses one page of a site's list. `asOf` of its markets is `nowMs`: the status depends on that time, and the times in the
 * records are those of the last change, so they would be older than a change that another source reported before.
 *
 * @param nowMs start of the poll, in ms since 1970.
 * @throws {OperatorError} if the body is not JSON with such a list.
 */
export async function parsePage(
  body: Readable,
  format: SourceConfig['format'],
  nowMs: number,
  encoding: string | undefined,
): Promise<PageContent> {
  const { arrays, records } = formats[format];
  const asOf = new Date(nowMs).toISOString();
  const drafts: MarketDraft[] = [];
  const repairedIds: string[] = [];
  const rejected: RejectedRecord[] = [];
  let placeholders = 0;
  const marketIds = new Set<string>();
  let itemCount = 0;
  let hasUnreadable = false;
  let lastItem: unknown;
  let nextCursor: string | null = null;
  const onText = (field: string, text: string): void => {
    if (field === CURSOR_FIELD) nextCursor = usableText(text, MAX_CURSOR_LENGTH);
  };
  for await (const { number, value, reason } of jsonArrayItems(body, arrays, { encoding, onText })) {
    itemCount += 1;
    if (reason !== undefined) {
      rejected.push(rejectRecord(number, reason, ''));
      hasUnreadable = true;
      continue;
    }
    lastItem = value;
    for (const record of records(value, number, nowMs)) {
      if (record.kind === 'market') {
        drafts.push({ ...record.market, asOf });
        marketIds.add(record.market.id);
        if (record.repairs !== undefined) repairedIds.push(record.market.id);
      } else if (record.kind === 'skipped') {
        placeholders += 1;
      } else if (record.kind === 'rejected') {
        rejected.push(record);
        // The id of a rejected market is unknown, so all its possible ids count as listed.
        for (const id of possibleIds(value)) marketIds.add(id);
      }
    }
  }
  return {
    ...{ drafts, repairedIds, placeholders, rejected, hasUnreadable, itemCount, nextCursor },
    lastItemId: idText(field(lastItem, 'id')),
    marketIds: [...marketIds].filter((id) => usableText(id, MAX_ID_LENGTH) !== null),
    staleAtMs: nextCloseMs(drafts, nowMs),
  };
}

function nextCloseMs(drafts: readonly MarketDraft[], nowMs: number): number | null {
  const times = drafts.flatMap((draft) => {
    const end = endOf(draft);
    return draft.status === 'OPEN' && end !== null ? [Date.parse(end)] : [];
  });
  const next = times.reduce((first, time) => (time > nowMs ? Math.min(first, time) : first), Infinity);
  return next === Infinity ? null : next;
}

/** All values that may be the id of a market, or of a market of an event. */
function possibleIds(item: unknown): string[] {
  const markets = field(item, 'markets');
  return [item, ...(Array.isArray(markets) ? (markets as unknown[]) : [])].flatMap((market) =>
    ['id', 'conditionId', 'slug'].flatMap((name) => idText(field(market, name)) ?? []),
  );
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function idText(value: unknown): string | null {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' ? usableText(value, MAX_ID_LENGTH) : null;
}

/** The text if it can be sent and stored, else null. */
function usableText(text: string, maxLength: number): string | null {
  return text !== '' && text.length <= maxLength && isStorableText(text) ? text : null;
}
