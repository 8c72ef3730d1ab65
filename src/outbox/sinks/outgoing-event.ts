import type { Attribution } from '../../domain/event.js';
import type { OutboxEvent } from '../../storage/events/outbox-repository.js';
import type { UserNotice } from '../user-notice.js';

/**
 * A recorded event as every sink receives it: the fields of `trackInteraction`, and what the gateway added. Every field is
 * always present; an unknown value is null.
 *
 * `sessionId`, `feedId`, `clientEventId` and `context` are what the client sent, unchanged, so personal data in them
 * leaves the gateway.
 */
export interface OutgoingEvent {
  /** The same for each delivery of the event: receivers detect duplicates by it. */
  readonly interactionId: string;
  /** A pseudonym, or the user key if the sink's config says `userKeys: plain`. */
  readonly user: string;
  /** Null for `USER_ERASED` and `USER_MERGED`. */
  readonly marketId: string | null;
  /** An interaction type, `USER_ERASED`, or `USER_MERGED`. */
  readonly eventType: string;
  /** The weight that counted, dwell factor included. */
  readonly weight: number;
  /** The market's probability when the event was recorded, 0–1. */
  readonly probability: number | null;
  /** ISO 8601 in UTC. */
  readonly occurredAt: string;
  /** ISO 8601 in UTC. */
  readonly receivedAt: string;
  /** Whether `occurredAt` was out of bounds and replaced by the server's time. */
  readonly clamped: boolean;
  readonly dwellMs: number | null;
  readonly section: string | null;
  readonly position: number | null;
  /** ISO 3166-1 alpha-2. */
  readonly country: string | null;
  readonly sessionId: string | null;
  readonly feedId: string | null;
  readonly stake: number | null;
  /** Where the user saw the market; null if that is unknown. */
  readonly attribution: Attribution | null;
  readonly clientEventId: string | null;
  /** A JSON object, or null. */
  readonly context: unknown;
}

/** @param userIdOf maps a user key to the `user` that leaves the gateway. */
export function outgoingEvent(
  { userKey, event }: { readonly userKey: string; readonly event: OutboxEvent | UserNotice },
  userIdOf: (userKey: string) => string,
): OutgoingEvent {
  return {
    interactionId: event.id,
    user: 'user' in event ? event.user : userIdOf(userKey),
    marketId: event.marketId,
    eventType: event.eventType,
    weight: event.weight,
    probability: event.probability,
    occurredAt: event.occurredAt,
    receivedAt: event.receivedAt,
    clamped: event.clamped,
    dwellMs: event.dwellMs,
    section: event.section,
    position: event.position,
    country: event.country,
    sessionId: event.sessionId,
    feedId: event.feedId,
    stake: event.stake,
    attribution: event.attribution ?? null,
    clientEventId: event.clientEventId,
    context: event.context,
  };
}
