import type { Arms } from './experiment.js';

/**
 * Event types, as in the `EventType` enum in the database. Stored profiles refer to a type by its index in this list:
 * append new types at the end, and never remove or reorder one.
 */
export const EVENT_TYPES = [
  'PARTICIPATE',
  'COMMENT',
  'SHARE',
  'BOOKMARK',
  'PARTICIPATE_INTENT',
  'RETURN_VISIT',
  'CLICK',
  'VIEW_MARKET',
  'DWELL_30',
  'DWELL_5',
  'SCROLL_PAST',
  'SKIP_FAST',
  'NOT_INTERESTED',
  'HIDE',
  'UNHIDE',
  'IMPRESSION',
] as const;

export type EventType = (typeof EVENT_TYPES)[number];

/** Events by which a user turns a market down, from the weakest to the strongest. */
export const NEGATIVE_TYPES = [
  'SCROLL_PAST',
  'SKIP_FAST',
  'NOT_INTERESTED',
  'HIDE',
] as const satisfies readonly EventType[];

export type NegativeType = (typeof NEGATIVE_TYPES)[number];

/** An event as it is stored. */
export interface Interaction {
  readonly id: string;
  readonly userKey: string;
  readonly marketId: string;
  readonly eventType: EventType;
  /** Includes the dwell factor. */
  readonly weight: number;
  readonly dwellMs: number | null;
  readonly section: string | null;
  readonly position: number | null;
  readonly country: string | null;
  readonly sessionId: string | null;
  readonly feedId: string | null;
  readonly stake: number | null;
  readonly context: unknown;
  readonly clientEventId: string | null;
  /** The market's probability at `occurredAt`; null if unknown. */
  readonly probability: number | null;
  /** The market's `volume24h` when the event was received. */
  readonly volume24h: number | null;
  readonly occurredAt: Date;
  readonly receivedAt: Date;
  /** Whether `occurredAt` was out of range and replaced by the server's time. */
  readonly clamped: boolean;
  /** Null if no feed showed the market, as far as is known. */
  readonly attribution: Attribution | null;
}

/** The place in a served feed where the user saw the market of an event. */
export interface Attribution extends Serving {
  readonly feedId: string;
  /** Rank in the feed, from 1. */
  readonly rank: number;
  /** Slot of the item; null if the algorithm has no slots. */
  readonly slot: string | null;
  /** Probability with which exploration selected the market; null for an item that it did not select. */
  readonly propensity: number | null;
}

/** What decided a ranking for many users. */
export interface Serving {
  readonly algorithmVersion: string;
  readonly configVersion: string;
  /** Null without a model. */
  readonly modelVersion: string | null;
  /** The arms of experiments that chose the config. */
  readonly arms: Arms;
}

/** An event to be stored, and the numbers of what it refers to. */
export interface PreparedEvent {
  readonly interaction: Interaction;
  readonly marketNumber: number;
  /** Number of the stored {@link Serving} of the attribution; null without one. */
  readonly servingId: number | null;
}
