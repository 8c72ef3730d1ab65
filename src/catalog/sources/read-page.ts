import type { Readable } from 'node:stream';
import type { SourceConfig } from '../../config/source-config.js';
import { isStorableText } from '../../lib/input/storable.js';
import { takeTurn } from '../../lib/take-turn.js';
import { gammaArrays, gammaRecords } from '../importers/gamma.js';
import { jsonArrayItems } from '../importers/json-array-items.js';
import { manifoldArrays, manifoldRecord } from '../importers/manifold.js';
import type { ImportRecord, MarketDraft, RejectRecord } from '../importers/market-draft.js';
import { reject } from '../importers/reject.js';
import type { PageOutline } from './paging.js';

/** One page, read to its end. */
export interface PageContent extends PageOutline {
  readonly drafts: readonly MarketDraft[];
  /** Ids of the drafts of which the format dropped an invalid field. */
  readonly repairedIds: readonly string[];
  /** Records that stand for no market yet. */
  readonly placeholders: number;
  readonly rejects: readonly RejectRecord[];
  /** Of every market on the page, also of those that could not be read; but see `hasUnreadable`. */
  readonly marketIds: readonly string[];
  /** Whether an item could not be read at all, so that the market that it stands for is not known. */
  readonly hasUnreadable: boolean;
  /**
   * When the same bytes will mean something else, because a market's time to close has come: Manifold's is closed then,
   * and Gamma's is reported as open past it. Milliseconds since 1970; null when never.
   */
  readonly staleAtMs: number | null;
}

interface Format {
  readonly arrays: readonly string[];
  readonly records: (value: unknown, place: number, nowMs: number) => Iterable<ImportRecord>;
}

const formats: Readonly<Record<SourceConfig['format'], Format>> = {
  gamma: { arrays: gammaArrays, records: gammaRecords },
  manifold: {
    arrays: manifoldArrays,
    records: (value, place, nowMs) => [manifoldRecord(value, place, nowMs)],
  },
};

/** About 1 ms of work, if an item is one market. */
const ITEMS_A_TURN = 10;

/** Gamma names the cursor of the next page so, beside the list. */
const CURSOR_FIELD = 'next_cursor';

/** More is no id or cursor, and would not fit into an address. */
const LONGEST_ID = 128;
const LONGEST_CURSOR = 2_000;

/**
 * Reads one page of a site's list.
 *
 * @throws OperatorError when it is not JSON with such a list.
 */
export async function readPage(
  body: Readable,
  format: SourceConfig['format'],
  nowMs: number,
  encoding: string | undefined,
): Promise<PageContent> {
  const { arrays, records } = formats[format];
  const drafts: MarketDraft[] = [];
  const repairedIds: string[] = [];
  const rejects: RejectRecord[] = [];
  let placeholders = 0;
  const marketIds = new Set<string>();
  let itemCount = 0;
  let hasUnreadable = false;
  let lastItem: unknown;
  let nextCursor: string | null = null;
  const onText = (field: string, text: string): void => {
    if (field === CURSOR_FIELD) nextCursor = usable(text, LONGEST_CURSOR);
  };
  for await (const { place, value, fault } of jsonArrayItems(body, arrays, { encoding, onText })) {
    if (itemCount % ITEMS_A_TURN === 0) await takeTurn();
    itemCount += 1;
    if (fault !== undefined) {
      rejects.push(reject(place, fault, ''));
      hasUnreadable = true;
      continue;
    }
    lastItem = value;
    for (const record of records(value, place, nowMs)) {
      if (record.kind === 'market') {
        drafts.push(record.market);
        marketIds.add(record.market.id);
        if (record.repairs !== undefined) repairedIds.push(record.market.id);
      } else if (record.kind === 'skipped') {
        placeholders += 1;
      } else if (record.kind === 'reject') {
        rejects.push(record);
        // Which of its names would have become the market's id is not known, so all of them count as listed.
        for (const id of namesIn(value)) marketIds.add(id);
      }
    }
  }
  return {
    ...{ drafts, repairedIds, placeholders, rejects, hasUnreadable, itemCount, nextCursor },
    lastItemId: textOf(field(lastItem, 'id'), LONGEST_ID),
    marketIds: [...marketIds].filter((id) => usable(id, LONGEST_ID) !== null),
    staleAtMs: nextClosingMs(drafts, nowMs),
  };
}

function nextClosingMs(drafts: readonly MarketDraft[], nowMs: number): number | null {
  const times = drafts.flatMap(({ status, resolvesAt }) =>
    status === 'OPEN' && resolvesAt !== undefined ? [Date.parse(resolvesAt)] : [],
  );
  const next = times.reduce((first, time) => (time > nowMs ? Math.min(first, time) : first), Infinity);
  return next === Infinity ? null : next;
}

/** What a market, or each market of an event, may be called. */
function namesIn(item: unknown): string[] {
  const markets = field(item, 'markets');
  return [item, ...(Array.isArray(markets) ? (markets as unknown[]) : [])].flatMap((market) =>
    ['id', 'conditionId', 'slug'].flatMap((name) => textOf(field(market, name), LONGEST_ID) ?? []),
  );
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function textOf(value: unknown, longest: number): string | null {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' ? usable(value, longest) : null;
}

/** A text that can be sent and stored; null for any other. */
function usable(text: string, longest: number): string | null {
  return text !== '' && text.length <= longest && isStorableText(text) ? text : null;
}
