import { createHmac } from 'node:crypto';
import { OperatorError } from '../../lib/errors.js';
import type { OutboxRow } from '../../storage/events/outbox-repository.js';

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
  readonly marketId: string;
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
  readonly clientEventId: string | null;
  /** A JSON object, or null. */
  readonly context: unknown;
}

/** @param userIdOf maps a user key to the `user` that leaves the gateway. */
export function outgoingEvent(
  { userKey, event }: Pick<OutboxRow, 'userKey' | 'event'>,
  userIdOf: (userKey: string) => string,
): OutgoingEvent {
  return {
    interactionId: event.id,
    user: userIdOf(userKey),
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

/** 32 characters of 6 bits, 192 in all: no two users of a deployment get the same pseudonym. */
const PSEUDONYM_LENGTH = 32;

const MIN_SECRET_BYTES = 16;

/**
 * Creates the pseudonymization of user keys: `u_` and the first 32 characters of base64url(HMAC-SHA-256(secret, user
 * key)). A user keeps the pseudonym as long as the secret stays the same. Without the secret, a pseudonym can be neither
 * reversed nor computed from a guessed user key.
 *
 * @throws {OperatorError} when the secret is short enough to be guessed.
 */
export function userPseudonym(secret: string | Uint8Array): (userKey: string) => string {
  const key = Buffer.from(secret);
  if (key.length < MIN_SECRET_BYTES) {
    throw new OperatorError(`The secret for user pseudonyms must have at least ${MIN_SECRET_BYTES} bytes.`);
  }
  return (userKey) =>
    `u_${createHmac('sha256', key).update(userKey).digest('base64url').slice(0, PSEUDONYM_LENGTH)}`;
}
