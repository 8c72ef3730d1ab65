import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OutgoingEvent } from '../../src/outbox/sinks/outgoing-event.js';
import { SinkFailure, type Sink } from '../../src/outbox/sinks/sink.js';
import { leaving } from '../support/outbox.js';

/** A sink, and the place outside that it brings events to. */
export interface SinkUnderTest {
  readonly sink: Sink;
  /** What is there, in order, as JSON. */
  stored(): Promise<unknown[]>;
  /** Makes the place one that takes nothing. */
  takeDown(): Promise<void>;
  bringBack(): Promise<void>;
  close(): Promise<void>;
}

/** What every sink does. */
export function sinkContract(setUp: () => Promise<SinkUnderTest>): void {
  describe('as every sink', () => {
    let place: SinkUnderTest;

    beforeEach(async () => {
      place = await setUp();
    });

    afterEach(async () => {
      await place.sink.close();
      await place.close();
    });

    it('delivers a batch in order, every field as it was', async () => {
      const events = [
        leaving('ada', 1, {
          eventType: 'PARTICIPATE',
          stake: 12.5,
          country: 'IL',
          sessionId: 's-1',
          feedId: 'f',
        }),
        leaving('ben', 1, { context: { note: 'two\nlines, “quoted”, שלום', deep: [{ n: 0.1 }] } }),
        leaving('ada', 2, { eventType: 'DWELL_30', dwellMs: 31_000, section: 'HERO', position: 0 }),
        leaving('ada', 3, { clamped: true, clientEventId: 'c-1', probability: null }),
      ];
      const delivery = await place.sink.deliver(events);
      expect(delivery).toEqual({ delivered: [0, 1, 2, 3], refused: [], failure: undefined });
      expect(ofOneUser(await place.stored(), 'ada')).toEqual(ofOneUser(events, 'ada'));
      expect(ofOneUser(await place.stored(), 'ben')).toEqual(ofOneUser(events, 'ben'));
    });

    it('puts the next batch after the one before', async () => {
      const events = Array.from({ length: 30 }, (_, index) => leaving('ada', index));
      for (let from = 0; from < events.length; from += 10) {
        const { delivered } = await place.sink.deliver(events.slice(from, from + 10));
        expect(delivered).toHaveLength(10);
      }
      expect(await place.stored()).toEqual(events);
    });

    it('says that nothing was delivered while the place is down, and delivers all once it is back', async () => {
      await place.sink.deliver([leaving('ada', 1)]);
      const events = [leaving('ada', 2), leaving('ben', 1), leaving('ada', 3)];
      await place.takeDown();
      for (const attempt of [1, 2]) {
        const delivery = await deliverOrFail(place.sink, events);
        expect(delivery, `attempt ${attempt}`).toMatchObject({ delivered: [], refused: [] });
        expect(delivery.failure).toBeInstanceOf(SinkFailure);
      }
      await place.bringBack();
      expect(await place.sink.deliver(events)).toMatchObject({ delivered: [0, 1, 2], failure: undefined });
      expect(ofOneUser(await place.stored(), 'ada')).toEqual([1, 2, 3].map((n) => leaving('ada', n)));
    });

    it('takes a repeated batch, whose events have the same ids as before', async () => {
      const events = [leaving('ada', 1), leaving('ada', 2)];
      await place.sink.deliver(events);
      expect(await place.sink.deliver(events)).toMatchObject({ delivered: [0, 1], failure: undefined });
      const ids = new Set((await place.stored()).map((event) => (event as OutgoingEvent).interactionId));
      expect([...ids]).toEqual(events.map(({ interactionId }) => interactionId));
    });

    it('can be closed when it was never used, and twice', async () => {
      await place.sink.close();
      await place.sink.close();
    });
  });
}

async function deliverOrFail(sink: Sink, events: readonly OutgoingEvent[]) {
  try {
    return await sink.deliver(events);
  } catch (failure) {
    return { delivered: [], refused: [], failure };
  }
}

function ofOneUser(events: readonly unknown[], user: string): unknown[] {
  return events.filter((event) => (event as OutgoingEvent).user === user);
}
