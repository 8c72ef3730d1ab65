import fc from 'fast-check';
import { expect, it } from 'vitest';
import { topicTaste } from '../../../src/profiles/topic-taste.js';
import { emptyProfile, type FullProfile, type ProfileEvent } from '../../../src/domain/profile.js';
import { EVENT_TYPES } from '../../../src/domain/event.js';
import {
  fold,
  HOUR_MS,
  memory,
  MINUTE_MS,
  NOON_MS,
  personAfter,
  profileEvent,
} from '../../support/profile-events.js';

const market = fc.record({
  id: fc.constantFrom('m1', 'm2', 'm3'),
  probability: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
});

/** A market's topics are its own, so that they are the same in all its events. */
const topicsOf: Record<string, { category: string; tags: string[] }> = {
  m1: { category: 'Politics', tags: ['Elections', 'EU'] },
  m2: { category: 'Politics', tags: ['Elections'] },
  m3: { category: 'Sports', tags: [] },
};

const eventAt = (atMs: fc.Arbitrary<number>): fc.Arbitrary<ProfileEvent> =>
  fc
    .record({
      type: fc.constantFrom(...EVENT_TYPES),
      atMs,
      market,
      dwellMs: fc.option(fc.integer({ min: 0, max: 60_000 }), { nil: undefined }),
      country: fc.constantFrom('IL', 'US', undefined),
    })
    .map(({ type, atMs, market, dwellMs, country }) =>
      profileEvent(type, atMs, {
        market: { ...market, ...topicsOf[market.id] },
        ...(dwellMs === undefined ? {} : { dwellMs }),
        ...(country === undefined ? {} : { country }),
      }),
    );

const anyEvent = eventAt(fc.integer({ min: NOON_MS - 48 * HOUR_MS, max: NOON_MS }));

/** Visits of less than 30 minutes every two hours: each is a session. No two events at the same time. */
const visits = fc
  .uniqueArray(fc.tuple(fc.integer({ min: -5, max: 0 }), fc.integer({ min: 0, max: 29 * MINUTE_MS })), {
    selector: ([visit, offsetMs]) => `${visit}:${offsetMs}`,
    minLength: 1,
    maxLength: 14,
  })
  .chain((times) =>
    fc.tuple(
      ...times.map(([visit, offsetMs]) => eventAt(fc.constant(NOON_MS + visit * 2 * HOUR_MS + offsetMs))),
    ),
  )
  // A late HIDE cannot know of the UNHIDE that followed it, nor a late country of what came between.
  .map((events) => events.map((event) => ({ ...event, country: null })))
  .filter((events) => events.every(({ eventType }) => eventType !== 'UNHIDE'));

/** Nine decimal places, and no difference between 0 and −0. */
const roundOff = (value: number): number => Number(value.toFixed(9)) + 0;

/** A state with its sums brought to one instant and rounded. */
function comparable(state: FullProfile): unknown {
  const nowMs = NOON_MS + 40 * MINUTE_MS;
  const topics = [...state.topics].map(([id, topic]) => {
    const { longTerm, session } = topicTaste(topic, state, nowMs, memory);
    return [id, { ...topic, longTerm: roundOff(longTerm), session: roundOff(session) }] as const;
  });
  const lifetime = [...state.lifetime.topics].map(
    ([id, topic]) => [id, { ...topic, points: roundOff(topic.points) }] as const,
  );
  return {
    ...state,
    topics: new Map(topics),
    lifetime: { ...state.lifetime, topics: new Map(lifetime) },
  };
}

it('is the same person in whatever order the events of their visits arrive', () => {
  fc.assert(
    fc.property(
      visits.chain((events) =>
        fc.tuple(
          fc.constant(events.toSorted((a, b) => a.occurredAtMs - b.occurredAtMs)),
          fc.shuffledSubarray(events, { minLength: events.length }),
        ),
      ),
      ([inTime, asArrived]) => {
        expect(comparable(personAfter(...asArrived))).toEqual(comparable(personAfter(...inTime)));
      },
    ),
    { numRuns: 400 },
  );
});

it('never changes the state it is given, and gives the same for the same', () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 8 }), anyEvent, (past, event) => {
      const state = personAfter(...past);
      const before = structuredClone(state);
      const after = fold(state, [event]);
      expect(state).toEqual(before);
      expect(fold(before, [structuredClone(event)])).toEqual(after);
    }),
  );
});

it('sums points and counts events as if written down one by one', () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 12 }), (events) => {
      const state = personAfter(...events);
      const acts = events.filter(({ eventType }) => eventType !== 'IMPRESSION');
      expect(state.totalInteractions).toBe(acts.length);
      expect(state.lastActiveAtMs).toBe(
        acts.length === 0 ? null : Math.max(...acts.map(({ occurredAtMs }) => occurredAtMs)),
      );
      for (const topic of state.lifetime.topics.values()) {
        const about = acts.filter(({ market: { category, tags } }) =>
          topic.kind === 'CATEGORY' ? category === topic.label : tags.includes(topic.label),
        );
        const points = about.reduce((sum, { weight }) => sum + weight * (topic.kind === 'TAG' ? 0.8 : 1), 0);
        expect(topic.points).toBeCloseTo(points, 9);
      }
    }),
  );
});

it('has no taste from impressions, however many and however long looked at', () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 12 }), (events) => {
      const impressions = events.map((event): ProfileEvent => ({
        ...event,
        eventType: 'IMPRESSION',
        weight: 5,
      }));
      expect({ ...personAfter(...impressions), impressions: new Map() }).toEqual(emptyProfile('ada'));
    }),
  );
});
