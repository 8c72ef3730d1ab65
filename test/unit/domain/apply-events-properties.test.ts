import fc from 'fast-check';
import { expect, it } from 'vitest';
import { HOUR_MS, MINUTE_MS } from '../../../src/lib/time.js';
import { topicAffinity } from '../../../src/profiles/profile-decay.js';
import { emptyProfile, type FullProfile, type ProfileEvent } from '../../../src/domain/profile.js';
import { EVENT_TYPES } from '../../../src/domain/event.js';
import { fold, decay, NOON_MS, profileAfter, profileEvent } from '../../support/profile-events.js';

const market = fc.record({
  id: fc.constantFrom('m1', 'm2', 'm3'),
  probability: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
});

/** The topics of a market are the same in all its events. */
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

/** Events of sessions of less than 30 minutes, two hours apart. No two events have the same time. */
const sessions = fc
  .uniqueArray(fc.tuple(fc.integer({ min: -5, max: 0 }), fc.integer({ min: 0, max: 29 * MINUTE_MS })), {
    selector: ([session, offsetMs]) => `${session}:${offsetMs}`,
    minLength: 1,
    maxLength: 14,
  })
  .chain((times) =>
    fc.tuple(
      ...times.map(([session, offsetMs]) => eventAt(fc.constant(NOON_MS + session * 2 * HOUR_MS + offsetMs))),
    ),
  )
  // Without UNHIDE and countries, whose late events depend on the arrival order.
  .map((events) => events.map((event) => ({ ...event, country: null })))
  .filter((events) => events.every(({ eventType }) => eventType !== 'UNHIDE'));

/** Rounds to 9 decimal places, and −0 to 0. */
const roundOff = (value: number): number => Number(value.toFixed(9)) + 0;

/** Returns a profile with its sums decayed to one instant and rounded. */
function comparable(state: FullProfile): unknown {
  const nowMs = NOON_MS + 40 * MINUTE_MS;
  const topics = [...state.topics].map(([id, topic]) => {
    const { longTerm, session } = topicAffinity(topic, state, nowMs, decay);
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

it('gives the same profile for any arrival order of the events of sessions', () => {
  fc.assert(
    fc.property(
      sessions.chain((events) =>
        fc.tuple(
          fc.constant(events.toSorted((a, b) => a.occurredAtMs - b.occurredAtMs)),
          fc.shuffledSubarray(events, { minLength: events.length }),
        ),
      ),
      ([inTime, asArrived]) => {
        expect(comparable(profileAfter(...asArrived))).toEqual(comparable(profileAfter(...inTime)));
      },
    ),
    { numRuns: 400 },
  );
});

it('is pure: does not change its input, and gives equal results for equal inputs', () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 8 }), anyEvent, (past, event) => {
      const state = profileAfter(...past);
      const before = structuredClone(state);
      const after = fold(state, [event]);
      expect(state).toEqual(before);
      expect(fold(before, [structuredClone(event)])).toEqual(after);
    }),
  );
});

it('sums points and counts events exactly', () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 12 }), (events) => {
      const state = profileAfter(...events);
      const interactions = events.filter(({ eventType }) => eventType !== 'IMPRESSION');
      expect(state.totalInteractions).toBe(interactions.length);
      expect(state.lastActiveAtMs).toBe(
        interactions.length === 0 ? null : Math.max(...interactions.map(({ occurredAtMs }) => occurredAtMs)),
      );
      for (const topic of state.lifetime.topics.values()) {
        const onTopic = interactions.filter(({ market: { category, tags } }) =>
          topic.kind === 'CATEGORY' ? category === topic.label : tags.includes(topic.label),
        );
        const points = onTopic.reduce(
          (sum, { weight }) => sum + weight * (topic.kind === 'TAG' ? 0.8 : 1),
          0,
        );
        expect(topic.points).toBeCloseTo(points, 9);
      }
    }),
  );
});

it('adds no affinity for impressions of any number and dwell time', () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 12 }), (events) => {
      const impressions = events.map((event): ProfileEvent => ({
        ...event,
        eventType: 'IMPRESSION',
        weight: 5,
      }));
      expect({ ...profileAfter(...impressions), impressions: new Map() }).toEqual(emptyProfile('ada'));
    }),
  );
});
