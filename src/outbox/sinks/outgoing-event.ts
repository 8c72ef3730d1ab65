import type { OutboxRow } from '../../storage/events/outbox-repository.js';

/**
 * A recorded event as it leaves, the same in every sink. Every field is always there; what is not known is null.
 * The fields are those of `trackInteraction` and what the gateway made of them.
 *
 * `sessionId`, `feedId`, `clientEventId` and `context` are what the site sent, unchanged: what must not leave must
 * not be in them.
 */
export interface OutgoingEvent {
  /** The same whenever the event comes again: what to recognize a repetition by. */
  readonly interactionId: string;
  /** A pseudonym, or the user key where the sink's config says so. */
  readonly user: string;
  readonly marketId: string;
  readonly eventType: string;
  /** The weight that counted, dwell factor included. */
  readonly weight: number;
  /** The market's probability when the event was taken, 0–1. */
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
  readonly clientEventId: string | null;
  /** A JSON object, or null. */
  readonly context: unknown;
}

/** @param nameOf what a user key is called outside. */
export function outgoingEvent(
  { userKey, event }: Pick<OutboxRow, 'userKey' | 'event'>,
  nameOf: (userKey: string) => string,
): OutgoingEvent {
  return {
    interactionId: event.id,
    user: nameOf(userKey),
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
    clientEventId: event.clientEventId,
    context: event.context,
  };
}
