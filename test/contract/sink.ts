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
  /** Makes it available again, with all stored events. */
  bringBack(): Promise<void>;
  close(): Promise<void>;
}

/** The contract of every sink. */
export function sinkContract(setUp: () => Promise<SinkUnderTest>): void {
  describe('contract of every sink', () => {
    let tested: SinkUnderTest;

    beforeEach(async () => {
      tested = await setUp();
    });

    afterEach(async () => {
      await tested.sink.close();
      await tested.close();
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
      const delivery = await tested.sink.deliver(events);
      expect(delivery).toEqual({ delivered: [0, 1, 2, 3], rejected: [], failure: undefined });
      expect(eventsOf(await tested.stored(), 'ada')).toEqual(eventsOf(events, 'ada'));
      expect(eventsOf(await tested.stored(), 'ben')).toEqual(eventsOf(events, 'ben'));
    });

    it('stores batches in the order of their delivery', async () => {
      const events = Array.from({ length: 30 }, (_, index) => outgoing('ada', index));
      for (let from = 0; from < events.length; from += 10) {
        const { delivered } = await tested.sink.deliver(events.slice(from, from + 10));
        expect(delivered).toHaveLength(10);
      }
      expect(await tested.stored()).toEqual(events);
    });

    it('reports no delivery while the destination is down, and delivers everything after it recovers', async () => {
      await tested.sink.deliver([outgoing('ada', 1)]);
      const events = [outgoing('ada', 2), outgoing('ben', 1), outgoing('ada', 3)];
      await tested.takeDown();
      for (const attempt of [1, 2]) {
        const delivery = await deliverOrFail(tested.sink, events);
        expect(delivery, `attempt ${attempt}`).toMatchObject({ delivered: [], rejected: [] });
        expect(delivery.failure).toBeInstanceOf(SinkFailure);
      }
      await tested.bringBack();
      expect(await tested.sink.deliver(events)).toMatchObject({
        delivered: [0, 1, 2],
        failure: undefined,
      });
      expect(eventsOf(await tested.stored(), 'ada')).toEqual([1, 2, 3].map((n) => outgoing('ada', n)));
    });

    it('reports a batch as delivered, and stores no other ids, when it is delivered again', async () => {
      const events = [outgoing('ada', 1), outgoing('ada', 2)];
      await tested.sink.deliver(events);
      expect(await tested.sink.deliver(events)).toMatchObject({ delivered: [0, 1], failure: undefined });
      const ids = new Set((await tested.stored()).map((event) => (event as OutgoingEvent).interactionId));
      expect([...ids]).toEqual(events.map(({ interactionId }) => interactionId));
    });

    it('closes without an error when it was never used, and when it is closed again', async () => {
      await tested.sink.close();
      await tested.sink.close();
    });
  });
}

/** Delivers events. A sink may return a failure or throw it: both give the same result here. */
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
