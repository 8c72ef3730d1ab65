import type { OutboxEvent } from '../storage/events/outbox-repository.js';

/**
 * Event of the erasure of a user, or of a merge into another, for the sinks. It has the fields of an event, so that a sink
 * stores it like one. Unlike events, it has the pseudonym of the user also in sinks with `userKeys: plain`.
 */
export type UserNotice = Omit<OutboxEvent, 'marketId' | 'eventType'> & {
  readonly eventType: 'USER_ERASED' | 'USER_MERGED';
  readonly marketId: null;
  /** Pseudonym of the user. */
  readonly user: string;
};

/** @param into pseudonym of the user that it was merged into; null: it was erased. */
export function userNotice(id: string, user: string, into: string | null, at: Date): UserNotice {
  const instant = at.toISOString();
  return {
    ...{ id, user, eventType: into === null ? 'USER_ERASED' : 'USER_MERGED', marketId: null, weight: 0 },
    ...{ dwellMs: null, section: null, position: null, country: null, sessionId: null, feedId: null },
    ...{ stake: null, attribution: null, context: into === null ? null : { into }, clientEventId: null },
    ...{ probability: null, volume24h: null, clamped: false, occurredAt: instant, receivedAt: instant },
  };
}
