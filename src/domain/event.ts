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
}

/** An event to be stored, and the number of its market. */
export interface PreparedEvent {
  readonly interaction: Interaction;
  readonly marketNumber: number;
}
