import { foldText } from './fold-text.js';

/** A stored market without its long texts. Lists keep the order of the source. */
export interface Market {
  readonly id: string;
  /** Permanent number, from 1, that identifies the market in compact stored data. 0 for a market that is not stored. */
  readonly number: number;
  readonly title: string;
  readonly category: string;
  readonly tags: readonly string[];
  /** 0–1; null if unknown, and for a market with several answers. */
  readonly probability: number | null;
  /** Volume of the last 24 hours, 0 or more, in `volumeUnit`; null if unknown. */
  readonly volume24h: number | null;
  /** Volume since creation, 0 or more, in `volumeUnit`; null if unknown. */
  readonly volumeTotal: number | null;
  /** Null if unknown. */
  readonly participantCount: number | null;
  /** Such as USD; null if unknown. */
  readonly volumeUnit: string | null;
  readonly imageUrl: string | null;
  readonly url: string | null;
  readonly status: MarketStatus;
  /** Whether its source reported it as open after its end ({@link endOf}). */
  readonly openPastDue: boolean;
  readonly createdAt: Date;
  /** Time of the last stored change. */
  readonly updatedAt: Date;
  /** When trading ends or ended; null if unknown. */
  readonly closesAt: Date | null;
  /** When the outcome is expected; null if unknown. */
  readonly resolvesAt: Date | null;
  /** When the market was resolved or cancelled; null before that, and if unknown. */
  readonly resolvedAt: Date | null;
  /** 0–1. */
  readonly editorialBoost: number;
  readonly eventKey: string | null;
  readonly source: string | null;
  /** ISO 3166-1 alpha-2, upper case. */
  readonly blockedCountries: readonly string[];
}

/** A market by its id, and by its number in compact stored data. */
export interface MarketReference {
  readonly marketId: string;
  readonly number: number;
}

/** Values by which markets are ordered: creation time, or end ({@link endOf}), where an unknown end is the latest. */
export const ORDER_FIELDS = ['CREATED_AT', 'CLOSES_AT'] as const;

export interface MarketOrder {
  readonly field: (typeof ORDER_FIELDS)[number];
  readonly direction: 'ASC' | 'DESC';
}

/** The long texts of a market, up to 100,000 characters; read from the database on demand. */
export interface MarketTexts {
  readonly description: string | null;
  readonly editorialDescription: string | null;
}

/** All stored fields of a market. */
export interface MarketRecord extends Market, MarketTexts {
  /**
   * When the figures and the status were current: `asOf` of the latest input with one, or the time of the write of a later
   * input without one that changed them. Null for a market that was last changed by an earlier version. An older input does
   * not replace them.
   */
  readonly asOf: Date | null;
}

/** In the order of a lifecycle. Only OPEN markets are shown in feeds, trending, and rising. */
export const MARKET_STATUSES = ['OPEN', 'PAUSED', 'CLOSED', 'RESOLVED', 'CANCELLED'] as const;

export type MarketStatus = (typeof MARKET_STATUSES)[number];

/** Whether trading has not ended for good: an open market, or one that is paused until it is open again. */
export function isTradable(status: MarketStatus): boolean {
  return status === 'OPEN' || status === 'PAUSED';
}

/** Whether the market has ended for good, with or without an outcome. */
export function isFinal(status: MarketStatus): boolean {
  return status === 'RESOLVED' || status === 'CANCELLED';
}

/** The time from which a market is over: when trading ends, else when the outcome is expected; null if both are unknown. */
export function endOf<Instant>({
  closesAt,
  resolvesAt,
}: {
  readonly closesAt?: Instant | null | undefined;
  readonly resolvesAt?: Instant | null | undefined;
}): Instant | null {
  return closesAt ?? resolvesAt ?? null;
}

/** Returns the key for comparing categories and tags. */
export function topicKey(label: string): string {
  return foldText(label);
}
