import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toEntry } from '../../../src/catalog/catalog-snapshot.js';
import { loadRankingConfig } from '../../../src/config/ranking-config.js';
import { forgetFaded } from '../../../src/profiles/forget-faded.js';
import { scoringUser } from '../../../src/profiles/scoring-user.js';
import { topicTaste } from '../../../src/profiles/topic-taste.js';
import { userV2 } from '../../../src/profiles/user-v2.js';
import type { FullProfile } from '../../../src/domain/profile.js';
import { decodeShown, encodeShown } from '../../../src/storage/profiles/profile-columns.js';
import { decodeState, encodeState } from '../../../src/storage/profiles/state-column.js';
import { EVENT_TYPES } from '../../../src/domain/event.js';
import { finalScorerV1 } from '../../../src/scoring/v1/scorer.js';
import { ScorerV2 } from '../../../src/scoring/v2/scorer.js';
import {
  DAY_MS,
  fold,
  HOUR_MS,
  memory,
  NOON_MS,
  personAfter,
  profileEvent,
} from '../../support/profile-events.js';
import { columnsOfMarkets, trendsOf } from '../../support/scoring-v2.js';
import { storedMarket } from '../../support/stored-market.js';

const noNumber = () => undefined;
const noId = () => undefined;

const LIMITS = { forgetBelow: 0.05, impressionsKeptMs: 40 * HOUR_MS };
const { v2, impressions: impressionConfig } = loadRankingConfig(undefined);

const forget = (state: FullProfile, limits = LIMITS) => forgetFaded(state, NOON_MS, memory, limits);

const market = (id: string, category: string, ...tags: string[]) => ({ market: { id, category, tags } });

describe('a topic', () => {
  // A CLICK says 2 points: below 0.05 after 160 days.
  it('is forgotten when its long-term taste is below the limit, and not before', () => {
    const after = (days: number) => forget(personAfter(profileEvent('CLICK', NOON_MS - days * DAY_MS)));
    const [young, old] = [after(155), after(165)];
    expect(young.forgotten).toBe(1);
    // The tag, which gets 1.6 points, fades first.
    expect([...young.state.topics.values()].map(({ key, longTerm }) => [key, longTerm === 0])).toEqual([
      ['politics', false],
    ]);
    expect(old.forgotten).toBe(2);
    expect(userV2(old.state, NOON_MS, memory)?.topics).toEqual([]);
  });

  it('that was disliked is forgotten like one that was liked', () => {
    const { state, forgotten } = forget(personAfter(profileEvent('HIDE', NOON_MS - 400 * DAY_MS)));
    expect(forgotten).toBe(2);
    expect(state.topics.get('CATEGORY:politics')).toBeUndefined();
    expect(state.lifetime.topics.get('CATEGORY:politics')).toMatchObject({ points: -6 });
  });

  it('leaves its dwell times and its lifetime sums', () => {
    const longAgoMs = NOON_MS - 900 * DAY_MS;
    const looked = { ...profileEvent('CLICK', longAgoMs, { dwellMs: 2_000 }), weight: 0 };
    const { state } = forget(
      personAfter(
        looked,
        profileEvent('CLICK', longAgoMs, market('m2', 'Sports', 'cup')),
        profileEvent('CLICK', longAgoMs, market('m3', 'Crypto')),
        { ...profileEvent('SKIP_FAST', longAgoMs + 1, market('m3', 'Crypto')), weight: -2 },
      ),
    );
    expect([...state.topics.values()].map(({ key, dwellEvents }) => [key, dwellEvents])).toEqual([
      ['politics', 1],
    ]);
    expect(
      [...state.lifetime.topics.values()].map(({ key, points, dwellEvents }) => [key, points, dwellEvents]),
    ).toEqual([
      ['politics', 0, 1],
      ['elections', 0, 0],
      ['sports', 2, 0],
      ['cup', 1.6, 0],
      ['crypto', 0, 0],
    ]);
  });

  it('comes back with what is done about it later, its points on top of those before', () => {
    const { state } = forget(personAfter(profileEvent('CLICK', NOON_MS - 400 * DAY_MS)));
    const back = fold(state, [profileEvent('CLICK', NOON_MS)]);
    const affinity = back.topics.get('CATEGORY:politics');
    expect(affinity).toMatchObject({ label: 'Politics', longTerm: 2, session: 2 });
    expect(back.lifetime.topics.get('CATEGORY:politics')?.points).toBe(4);
  });

  it('is never forgotten when the limit is 0', () => {
    const person = personAfter(profileEvent('CLICK', NOON_MS - 3_000 * DAY_MS));
    expect(forget(person, { ...LIMITS, forgetBelow: 0 })).toEqual({ state: person, forgotten: 0 });
  });
});

describe('a showing', () => {
  const shownAt = (...days: number[]) =>
    personAfter(...days.map((ago) => profileEvent('IMPRESSION', NOON_MS - ago * DAY_MS)));

  it('of more than a week ago goes, and with the last one the market', () => {
    expect(forget(shownAt(7)).state.impressions.size).toBe(0);
    expect(forget(shownAt(6.9)).state.impressions.size).toBe(1);
    const [shown] = forget(shownAt(9, 5, 3)).state.impressions.values();
    expect(shown?.shownAtMs).toEqual([NOON_MS - 3 * DAY_MS, NOON_MS - 5 * DAY_MS]);
  });

  it('stays as long as it takes something off a score', () => {
    const slow = { ...LIMITS, impressionsKeptMs: 30 * DAY_MS };
    const [shown] = forget(shownAt(24, 20), slow).state.impressions.values();
    expect(shown?.shownAtMs).toEqual([NOON_MS - 20 * DAY_MS]);
    expect(forget(shownAt(30), slow).state.impressions.size).toBe(0);
  });
});

const topicsOf: Record<string, readonly [string, ...string[]]> = {
  m1: ['Politics', 'Elections', 'EU'],
  m2: ['Politics', 'Elections'],
  m3: ['Sports'],
  m4: ['Crypto', 'EU'],
};

const people: fc.Arbitrary<FullProfile> = fc
  .array(
    fc.record({
      type: fc.constantFrom(...EVENT_TYPES),
      daysAgo: fc.oneof(
        fc.double({ min: 1, max: 12, noNaN: true }),
        fc.double({ min: 100, max: 400, noNaN: true }),
      ),
      id: fc.constantFrom('m1', 'm2', 'm3', 'm4'),
      dwellMs: fc.option(fc.integer({ min: 0, max: 60_000 }), { nil: undefined }),
      probability: fc.constantFrom(0.2, 0.5, null),
    }),
    { minLength: 1, maxLength: 25 },
  )
  .map((events) =>
    personAfter(
      ...events
        .map(({ type, daysAgo, id, dwellMs, probability }) => {
          const [category = '', ...tags] = topicsOf[id] ?? [];
          return profileEvent(type, Math.round(NOON_MS - daysAgo * DAY_MS), {
            market: { id, category, tags, probability },
            ...(dwellMs === undefined ? {} : { dwellMs }),
          });
        })
        .sort((a, b) => a.occurredAtMs - b.occurredAtMs),
    ),
  );

const markets = Object.entries(topicsOf).map(([id, [category, ...tags]]) =>
  storedMarket(id, { category, tags, probability: 0.45, volume24h: 10 }),
);

describe('what is left of a person', () => {
  it('is ranked by algorithm v1 exactly as before', () => {
    const trends = { trendingGlobal: () => 0, trendingLocal: () => null, probability24hAgo: () => null };
    const scores = (state: FullProfile) => {
      const score = finalScorerV1(scoringUser(state, NOON_MS), NOON_MS, trends);
      return markets.map((each) => score(toEntry(each).scoring));
    };
    fc.assert(
      fc.property(people, (person) => {
        expect(scores(forget(person).state)).toEqual(scores(person));
      }),
      { numRuns: 300 },
    );
  });

  it('is scored by algorithm v2 as before, but for less than every forgotten taste could add', () => {
    const columns = columnsOfMarkets(...markets);
    const least = Math.tanh(LIMITS.forgetBelow / v2.taste.longTermScale);
    const scores = (state: FullProfile) => {
      const user = userV2(state, NOON_MS, memory);
      const scored = new ScorerV2(v2, impressionConfig).score(
        ...([columns, trendsOf(columns.size), user, () => undefined, NOON_MS] as const),
      );
      return markets.map((_, row) => ({ ...scored.parts(row), final: scored.final[row] ?? NaN }));
    };
    let differences = 0;
    fc.assert(
      fc.property(people, (person) => {
        const [before, after] = [scores(person), scores(forget(person).state)];
        before.forEach((parts, row) => {
          const { interest, negative, personal, final, ...others } = parts;
          const now = after[row];
          const change = Math.abs((now?.interest ?? 0) - (interest ?? 0));
          if (change > 0) differences += 1;
          expect(change).toBeLessThan(least);
          expect(Math.abs((now?.negative ?? 0) - (negative ?? 0))).toBeLessThan(least);
          expect(Math.abs((now?.personal ?? 0) - (personal ?? 0))).toBeLessThan(v2.weights.interest * least);
          expect(Math.abs((now?.final ?? 0) - final)).toBeLessThan(
            (v2.weights.interest + v2.weights.negative) * least,
          );
          const forSomebody = userV2(forget(person).state, NOON_MS, memory) !== null;
          if (forSomebody) expect(now).toMatchObject(others);
        });
      }),
      { numRuns: 300 },
    );
    expect(differences).toBeGreaterThan(10);
  });

  it('is stored and read like any other, and has nothing more to forget', () => {
    fc.assert(
      fc.property(people, (person) => {
        const { state } = forget(person);
        const stored = [encodeState(state, noNumber), encodeShown(state, noNumber)] as const;
        const decoded = { ...decodeState(stored[0], noId), ...decodeShown(stored[1], noId) };
        expect({ ...state, ...decoded }).toEqual(state);
        const again = forget(state);
        expect(again.forgotten).toBe(0);
        expect(again.state).toBe(state);
        for (const topic of state.topics.values()) {
          const { longTerm } = topicTaste(topic, state, NOON_MS, memory);
          expect(longTerm === 0 || Math.abs(longTerm) >= LIMITS.forgetBelow).toBe(true);
        }
      }),
    );
  });
});
