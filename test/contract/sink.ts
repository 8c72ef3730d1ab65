import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OutgoingEvent } from '../../src/outbox/sinks/outgoing-event.js';
import { SinkFailure, type Sink } from '../../src/outbox/sinks/sink.js';
import { outgoing } from '../support/outbox.js';

/** A sink and its destination. */
export interface SinkUnderTest {
  readonly sink: Sink;
  /** The stored events in order, as JSON. */
  stored(): Promise<unknown[]>;
  /** Makes the destination unavailable. */
  takeDown(): Promise<void>;
  bringBack(): Promise<void>;
  close(): Promise<void>;
}

/** The contract of every sink. */
export function sinkContract(setUp: () => Promise<SinkUnderTest>): void {
  describe('contract of every sink', () => {
    let destination: SinkUnderTest;

    beforeEach(async () => {
      destination = await setUp();
    });

    afterEach(async () => {
      await destination.sink.close();
      await destination.close();
    });

    it('delivers a batch in order with all fields unchanged', async () => {
      const events = [
        outgoing('ada', 1, {
          eventType: 'PARTICIPATE',
          stake: 12.5,
          country: 'IL',
          sessionId: 's-1',
          feedId: 'f',
        }),
        outgoing('ben', 1, { context: { note: 'two\nlines, “quoted”, שלום', deep: [{ n: 0.1 }] } }),
        outgoing('ada', 2, { eventType: 'DWELL_30', dwellMs: 31_000, section: 'HERO', position: 0 }),
        outgoing('ada', 3, { clamped: true, clientEventId: 'c-1', probability: null }),
      ];
      const delivery = await destination.sink.deliver(events);
      expect(delivery).toEqual({ delivered: [0, 1, 2, 3], rejected: [], failure: undefined });
      expect(eventsOf(await destination.stored(), 'ada')).toEqual(eventsOf(events, 'ada'));
      expect(eventsOf(await destination.stored(), 'ben')).toEqual(eventsOf(events, 'ben'));
    });

    it('stores a batch after the previous one', async () => {
      const events = Array.from({ length: 30 }, (_, index) => outgoing('ada', index));
      for (let from = 0; from < events.length; from += 10) {
        const { delivered } = await destination.sink.deliver(events.slice(from, from + 10));
        expect(delivered).toHaveLength(10);
      }
      expect(await destination.stored()).toEqual(events);
    });

    it('reports no delivery while the destination is down, and delivers everything after it recovers', async () => {
      await destination.sink.deliver([outgoing('ada', 1)]);
      const events = [outgoing('ada', 2), outgoing('ben', 1), outgoing('ada', 3)];
      await destination.takeDown();
      for (const attempt of [1, 2]) {
        const delivery = await deliverOrFail(destination.sink, events);
        expect(delivery, `attempt ${attempt}`).toMatchObject({ delivered: [], rejected: [] });
        expect(delivery.failure).toBeInstanceOf(SinkFailure);
      }
      await destination.bringBack();
      expect(await destination.sink.deliver(events)).toMatchObject({
        delivered: [0, 1, 2],
        failure: undefined,
      });
      expect(eventsOf(await destination.stored(), 'ada')).toEqual([1, 2, 3].map((n) => outgoing('ada', n)));
    });

    it('accepts a batch that is delivered again with the same ids', async () => {
      const events = [outgoing('ada', 1), outgoing('ada', 2)];
      await destination.sink.deliver(events);
      expect(await destination.sink.deliver(events)).toMatchObject({ delivered: [0, 1], failure: undefined });
      const ids = new Set(
        (await destination.stored()).map((event) => (event as OutgoingEvent).interactionId),
      );
      expect([...ids]).toEqual(events.map(({ interactionId }) => interactionId));
    });

    it('can be closed unused, and more than once', async () => {
      await destination.sink.close();
      await destination.sink.close();
    });
  });
}

async function deliverOrFail(sink: Sink, events: readonly OutgoingEvent[]) {
  try {
    return await sink.deliver(events);
  } catch (failure) {
    return { delivered: [], rejected: [], failure };
  }
}

function eventsOf(events: readonly unknown[], user: string): unknown[] {
  return events.filter((event) => (event as OutgoingEvent).user === user);
}
