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
  /** Volume of the last 24 hours, 0 or more, in the site's unit. */
  readonly volume24h: number;
  /** Volume since creation, 0 or more, in the site's unit. */
  readonly volumeTotal: number;
  readonly participantCount: number;
  readonly imageUrl: string | null;
  readonly url: string | null;
  readonly status: MarketStatus;
  /** Whether its source reported it as open after `resolvesAt`. */
  readonly openPastDue: boolean;
  readonly createdAt: Date;
  readonly resolvesAt: Date | null;
  /** 0–1. */
  readonly editorialBoost: number;
  readonly eventKey: string | null;
  readonly source: string | null;
  /** ISO 3166-1 alpha-2, upper case. */
  readonly blockedCountries: readonly string[];
}

/** The long texts of a market, up to 100,000 characters; read from the database on demand. */
export interface MarketTexts {
  readonly description: string | null;
  readonly editorialDescription: string | null;
}

/** All stored fields of a market. */
export interface MarketRecord extends Market, MarketTexts {}

export type MarketStatus = 'OPEN' | 'CLOSED' | 'RESOLVED';

/** Returns the key for comparing categories and tags. */
export function topicKey(label: string): string {
  return foldText(label);
}
