import { createHash } from 'node:crypto';
import type { ZodError } from 'zod';
import type { MarketStatus } from '../../../domain/market.js';
import { truncated } from '../../../lib/input/display-text.js';

/**
 * A market read from a source. Names and types are those of `MarketInput`, but values are not validated yet. Times are ISO
 * 8601 strings in UTC. Fields that the source lacks are absent.
 */
export interface MarketDraft {
  id: string;
  title: string;
  description?: string;
  category?: string;
  tags?: string[];
  /** 0–1; null if the market has several answers; absent if the source does not give it. */
  probability?: number | null;
  volume24h?: number;
  volumeTotal?: number;
  participantCount?: number;
  volumeUnit?: string;
  imageUrl?: string;
  url?: string;
  status?: MarketStatus;
  createdAt?: string;
  /** Null if the source has no such time; absent if it does not say. */
  closesAt?: string | null;
  /** Null if the source has no such time; absent if it does not say. */
  resolvesAt?: string | null;
  resolvedAt?: string;
  /** When the source read the price and status. */
  asOf?: string;
  editorialDescription?: string;
  editorialBoost?: number;
  eventKey?: string;
  source?: string;
  blockedCountries?: string[];
}

/** An interaction read from a source. Names are those of the input of `trackInteraction`; values are not validated yet. */
export interface InteractionDraft {
  userKey: string;
  marketId: string;
  eventType: string;
  /** ISO 8601. */
  occurredAt: string;
  dwellMs?: number;
  section?: string;
  position?: number;
  country?: string;
  sessionId?: string;
  feedId?: string;
  stake?: number;
  context?: unknown;
  clientEventId?: string;
}

/**
 * One record of a source, or the reason for its rejection. `line` counts from 1: the line in a text file, or the number of
 * the item in a JSON array. A market inside an event has the number of the event.
 */
export type ImportRecord = ImportedMarket | ImportedInteraction | RejectedRecord | SkippedRecord;

export interface ImportedMarket {
  kind: 'market';
  line: number;
  market: MarketDraft;
  dates: MarketDates;
  /** One sentence for each invalid field that was repaired or dropped; absent if there is none. */
  repairs?: readonly string[];
}

export interface ImportedInteraction {
  kind: 'interaction';
  line: number;
  interaction: InteractionDraft;
}

/** A placeholder, which a source creates in advance for answers that it has not named yet, or a part of an export that is no market and no interaction. */
interface SkippedRecord {
  kind: 'skipped';
  line: number;
}

export interface RejectedRecord {
  kind: 'rejected';
  line: number;
  /** Names the invalid field. At most 300 characters. */
  reason: string;
  /** The record as text, cut to 500 characters. */
  raw: string;
}

/** Dates of a source that `--as-of` needs: when a market ended and when its price was current. */
export interface MarketDates {
  /** When trading ended, ISO 8601; absent if it has not ended or the source does not say. */
  closedAt?: string;
  /** When the outcome was decided. */
  resolvedAt?: string;
  /** When the price and volume of the record were current. */
  pricedAt?: string;
}

const MAX_RAW_LENGTH = 500;

/** A reason may quote the invalid value, so it is limited too. */
const MAX_REASON_LENGTH = 300;

/** Rejects a record. Keeps enough of its text to find it in the source. */
export function rejectRecord(line: number, reason: string, raw: unknown): RejectedRecord {
  const text = typeof raw === 'string' ? raw : JSON.stringify(raw);
  return {
    kind: 'rejected',
    line,
    reason: truncated(reason, MAX_REASON_LENGTH),
    raw: text.slice(0, MAX_RAW_LENGTH),
  };
}

/** The first issue that a schema found, as `path: message`. */
export function schemaReason(error: ZodError, parent = ''): string {
  const issue = error.issues[0];
  if (!issue) return `${parent}: is invalid`;
  const path = issue.path.reduce<string>((joined, key) => {
    if (typeof key === 'number') return `${joined}[${key}]`;
    return joined === '' ? String(key) : `${joined}.${String(key)}`;
  }, parent);
  const message = issue.message.replace(/^Invalid input: /, '');
  return path === '' ? message : `${path}: ${message}`;
}

/**
 * The `clientEventId` of an imported interaction without one: a SHA-256 of user, market, event type, and time, 50
 * characters. Importing a file twice therefore counts each interaction once. Identical lines are one event.
 *
 * @param interaction before `--as-of` shifts its time.
 */
export function importedEventId(interaction: InteractionDraft): string {
  const { userKey, marketId, eventType, occurredAt } = interaction;
  const identity = JSON.stringify([userKey, marketId, eventType, occurredAt]);
  return `import:${createHash('sha256').update(identity).digest('base64url')}`;
}
