import type { EventWeights } from '../scoring/shared/event-weight.js';
import { eventWeight } from '../scoring/shared/event-weight.js';
import type { Market } from '../domain/market.js';
import type { RecordedEvent } from '../storage/events/recording.js';
import type { CheckedInteraction } from './interaction-input.js';

const MAX_AGE_MS = 7 * 24 * 3_600_000;
const MAX_FUTURE_MS = 5 * 60_000;

/** An event ready to be stored; `country` may still be filled in from the profile. */
export type PreparedEvent = RecordedEvent;

export interface PrepareOptions {
  readonly id: string;
  readonly nowMs: number;
  readonly weights: EventWeights;
  /** Whether the event is of the past and its time is kept however old. */
  readonly keepTime: boolean;
  /** The market's probability when the event happened, as far as it is known. */
  readonly probability: number | null;
}

/**
 * An event ready to be stored: weighed, joined with its market, and its time put within bounds. A time
 * older than 7 days or over 5 minutes ahead becomes the server's, and is marked so.
 */
export function prepareEvent(
  input: CheckedInteraction,
  market: Market,
  options: PrepareOptions,
): PreparedEvent {
  const { id, nowMs, weights, keepTime, probability } = options;
  const occurredAtMs = input.occurredAt?.getTime() ?? nowMs;
  const tooOld = !keepTime && occurredAtMs < nowMs - MAX_AGE_MS;
  const clamped = tooOld || occurredAtMs > nowMs + MAX_FUTURE_MS;
  const dwellMs = input.dwellMs ?? null;
  const { volume24h } = market;
  return {
    interaction: {
      id,
      userKey: input.userKey,
      marketId: input.marketId,
      eventType: input.eventType,
      weight: eventWeight(input.eventType, dwellMs, weights),
      dwellMs,
      section: input.section ?? null,
      position: input.position ?? null,
      country: input.country ?? null,
      sessionId: input.sessionId ?? null,
      feedId: input.feedId ?? null,
      stake: input.stake ?? null,
      context: input.context ?? null,
      clientEventId: input.clientEventId ?? null,
      probability,
      volume24h,
      occurredAt: new Date(clamped ? nowMs : occurredAtMs),
      receivedAt: new Date(nowMs),
      clamped,
    },
    marketNumber: market.number,
  };
}
