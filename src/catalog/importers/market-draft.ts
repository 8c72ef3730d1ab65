/**
 * A market as an importer read it: names and types as in `MarketInput`, not yet checked. Times are
 * ISO 8601 strings in UTC. What the source does not say is left out.
 */
export interface MarketDraft {
  id: string;
  title: string;
  description?: string;
  category?: string;
  tags?: string[];
  /** 0–1; null where the market has no single probability; absent where the source does not say. */
  probability?: number | null;
  volume24h?: number;
  volumeTotal?: number;
  participantCount?: number;
  imageUrl?: string;
  url?: string;
  status?: MarketDraftStatus;
  createdAt?: string;
  resolvesAt?: string;
  editorialDescription?: string;
  editorialBoost?: number;
  eventKey?: string;
  source?: string;
  blockedCountries?: string[];
}

export type MarketDraftStatus = 'OPEN' | 'CLOSED' | 'RESOLVED';

/** An interaction as an importer read it: names as in the input of `trackInteraction`, not yet checked. */
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
 * One record of a source, or why it could not be read. `line` counts from 1: the line of a text
 * file, the place in a JSON array (for a market inside an event, the place of the event).
 */
export type ImportRecord = MarketRecord | InteractionRecord | RejectRecord | SkippedRecord;

export interface MarketRecord {
  kind: 'market';
  line: number;
  market: MarketDraft;
  dates: MarketDates;
  /** One sentence for each field that was dropped because it was invalid; absent when there is none. */
  repairs?: readonly string[];
}

export interface InteractionRecord {
  kind: 'interaction';
  line: number;
  interaction: InteractionDraft;
}

/** A record that stands for no market yet: an unnamed answer that a source keeps for later. */
export interface SkippedRecord {
  kind: 'skipped';
  line: number;
}

export interface RejectRecord {
  kind: 'reject';
  line: number;
  /** Names the field at fault. */
  reason: string;
  /** The record as text, cut to 500 characters. */
  raw: string;
}

/** What a source says about when a market ended and when its price was taken; needed by `--as-of`. */
export interface MarketDates {
  /** When trading ended, ISO 8601; absent when it has not or the source does not say. */
  closedAt?: string;
  /** When the outcome was decided. */
  resolvedAt?: string;
  /** When the price (and volume) in the record was current. */
  pricedAt?: string;
}
