import { describe, expect, it } from 'vitest';
import { outgoing } from '../../support/outbox.js';

describe('outgoing event', () => {
  it('has exactly these fields, with null for unknown values', () => {
    expect(outgoing('ada', 1)).toStrictEqual({
      interactionId: '00000001-0000-4000-8000-000000616461',
      user: 'ada',
      marketId: 'bitcoin',
      eventType: 'CLICK',
      weight: 2,
      probability: 0.25,
      occurredAt: '2026-06-15T12:00:01.000Z',
      receivedAt: '2026-06-15T12:00:01.000Z',
      clamped: false,
      attribution: null,
      dwellMs: null,
      section: null,
      position: null,
      country: null,
      sessionId: null,
      feedId: null,
      stake: null,
      clientEventId: null,
      context: null,
    });
  });
});
