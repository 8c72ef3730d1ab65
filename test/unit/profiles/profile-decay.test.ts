import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toEntry } from '../../../src/catalog/catalog-snapshot.js';
import { loadRankingConfig } from '../../../src/config/ranking-config.js';
import { EVENT_TYPES } from '../../../src/domain/event.js';
import type { FullProfile } from '../../../src/domain/profile.js';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/lib/time.js';
import { decayConfig, removeDecayed, topicAffinity } from '../../../src/profiles/profile-decay.js';
import { userFeaturesV1, userFeaturesV2 } from '../../../src/profiles/user-features.js';
import { finalScorerV1 } from '../../../src/scoring/v1/scorer.js';
import { ScorerV2 } from '../../../src/scoring/v2/scorer.js';
import { decodeShown, encodeShown } from '../../../src/storage/profiles/profile-columns.js';
import { decodeState, encodeState } from '../../../src/storage/profiles/state-column.js';
import { fold, decay, NOON_MS, profileAfter, profileEvent } from '../../support/profile-events.js';
import { columnsOfMarkets, trendsOf, partsAt } from '../../support/scoring-v2.js';
import { storedMarket } from '../../support/stored-market.js';

const sports = { market: { id: 'm2', category: 'Sports', tags: [] } };

function affinityFor(category: string, profile: FullProfile, nowMs: number) {
  const topic = profile.topics.get(`CATEGORY:${category}`);
  if (topic === undefined) throw new Error(`The profile has no topic ${category}.`);
  return topicAffinity(topic, profile, nowMs, decay);
}

describe('topicAffinity', () => {
  it('equals the weight of the event at the time of the event', () => {
    expect(affinityFor('politics', profileAfter(profileEvent('CLICK', NOON_MS)), NOON_MS)).toEqual({
      longTerm: 2,
      session: 2,
    });
  });

  it('has a half-life of 30 days for long-term affinity, and of 45 minutes for session affinity', () => {
    // SHARE has 4 points. The later CLICK keeps the session open.
    const profile = profileAfter(
      profileEvent('SHARE', NOON_MS),
      profileEvent('CLICK', NOON_MS + 29 * MINUTE_MS, sports),
    );
    expect(affinityFor('politics', profile, NOON_MS + 45 * MINUTE_MS).session).toBe(2);
    expect(affinityFor('politics', profile, NOON_MS + 30 * DAY_MS).longTerm).toBe(2);
  });

  it('is 0 for the session after 30 minutes without an event', () => {
    const profile = profileAfter(profileEvent('CLICK', NOON_MS));
    expect(affinityFor('politics', profile, NOON_MS + 30 * MINUTE_MS - 1).session).toBeGreaterThan(1);
    expect(affinityFor('politics', profile, NOON_MS + 30 * MINUTE_MS).session).toBe(0);
  });

  it('does not include affinity of the previous session', () => {
    const profile = profileAfter(
      profileEvent('CLICK', NOON_MS),
      profileEvent('CLICK', NOON_MS + 30 * MINUTE_MS, sports),
    );
    expect(affinityFor('politics', profile, NOON_MS + 30 * MINUTE_MS).session).toBe(0);
    expect(affinityFor('sports', profile, NOON_MS + 30 * MINUTE_MS).session).toBe(2);
  });

  it('equals the weight of the event when the clock is behind the event', () => {
    const profile = profileAfter(profileEvent('CLICK', NOON_MS));
    expect(affinityFor('politics', profile, NOON_MS - 5 * MINUTE_MS)).toEqual({ longTerm: 2, session: 2 });
  });
});

it('decayConfig converts the default ranking config to milliseconds', () => {
  const config = loadRankingConfig(undefined);
  expect(decayConfig(config)).toEqual({
    longTermHalfLifeMs: 2_592_000_000,
    sessionHalfLifeMs: 2_700_000,
    sessionIdleMs: 1_800_000,
    tagFactor: 0.8,
  });
});

/** Without market numbers, the columns store the ids themselves. */
const noNumber = () => undefined;
const noId = () => undefined;

const LIMITS = { minAffinity: 0.05, impressionMaxAgeMs: 40 * HOUR_MS };
const { v2, impressions: impressionConfig } = loadRankingConfig(undefined);

const decayed = (state: FullProfile, limits = LIMITS) => removeDecayed(state, NOON_MS, decay, limits);

const market = (id: string, category: string, ...tags: string[]) => ({ market: { id, category, tags } });

describe('removeDecayed for topics', () => {
  // A CLICK has 2 points: with a half-life of 30 days, below 0.05 after 160 days.
  it('removes a topic when its long-term affinity is below the limit', () => {
    const after = (days: number) => decayed(profileAfter(profileEvent('CLICK', NOON_MS - days * DAY_MS)));
    const [after155Days, after165Days] = [after(155), after(165)];
    expect(after155Days.removedTopics).toBe(1);
    // The tag has only 1.6 points, so it falls below the limit earlier.
    expect([...after155Days.state.topics.values()].map(({ key, longTerm }) => [key, longTerm === 0])).toEqual(
      [['politics', false]],
    );
    expect(after165Days.removedTopics).toBe(2);
    expect(userFeaturesV2(after165Days.state, NOON_MS, decay)?.topics).toEqual([]);
  });

  it('removes a topic when its negative affinity is closer to 0 than the limit', () => {
    const { state, removedTopics } = decayed(profileAfter(profileEvent('HIDE', NOON_MS - 400 * DAY_MS)));
    expect(removedTopics).toBe(2);
    expect(state.topics.get('CATEGORY:politics')).toBeUndefined();
    expect(state.lifetime.topics.get('CATEGORY:politics')).toMatchObject({ points: -6 });
  });

  it('keeps the dwell times and lifetime sums of removed topics', () => {
    const longAgoMs = NOON_MS - 900 * DAY_MS;
    const dwell = { ...profileEvent('CLICK', longAgoMs, { dwellMs: 2_000 }), weight: 0 };
    const { state } = decayed(
      profileAfter(
        dwell,
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

  it('starts the affinity of a removed topic from 0 with its next event, and keeps its points', () => {
    const { state } = decayed(profileAfter(profileEvent('CLICK', NOON_MS - 400 * DAY_MS)));
    const back = fold(state, [profileEvent('CLICK', NOON_MS)]);
    const affinity = back.topics.get('CATEGORY:politics');
    expect(affinity).toMatchObject({ label: 'Politics', longTerm: 2, session: 2 });
    expect(back.lifetime.topics.get('CATEGORY:politics')?.points).toBe(4);
  });

  it('removes no topic when the limit is 0', () => {
    const profile = profileAfter(profileEvent('CLICK', NOON_MS - 3_000 * DAY_MS));
    expect(decayed(profile, { ...LIMITS, minAffinity: 0 })).toEqual({ state: profile, removedTopics: 0 });
  });
});

describe('removeDecayed for impressions', () => {
  const shownAt = (...days: number[]) =>
    profileAfter(...days.map((ago) => profileEvent('IMPRESSION', NOON_MS - ago * DAY_MS)));

  it('removes impressions older than 7 days, and a market without recent impressions', () => {
    expect(decayed(shownAt(7)).state.impressions.size).toBe(0);
    expect(decayed(shownAt(6.9)).state.impressions.size).toBe(1);
    const [shown] = decayed(shownAt(9, 5, 3)).state.impressions.values();
    expect(shown?.shownAtMs).toEqual([NOON_MS - 3 * DAY_MS, NOON_MS - 5 * DAY_MS]);
  });

  it('keeps the latest impression up to a maximum age above 7 days', () => {
    const longer = { ...LIMITS, impressionMaxAgeMs: 30 * DAY_MS };
    const [shown] = decayed(shownAt(24, 20), longer).state.impressions.values();
    expect(shown?.shownAtMs).toEqual([NOON_MS - 20 * DAY_MS]);
    expect(decayed(shownAt(30), longer).state.impressions.size).toBe(0);
  });
});

const topicsOf: Record<string, readonly [string, ...string[]]> = {
  m1: ['Politics', 'Elections', 'EU'],
  m2: ['Politics', 'Elections'],
  m3: ['Sports'],
  m4: ['Crypto', 'EU'],
};

const profiles: fc.Arbitrary<FullProfile> = fc
  .array(
    fc.record({
      type: fc.constantFrom(...EVENT_TYPES),
      // Around the age limits of impressions, and around the age at which topics fall below the limit.
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
    profileAfter(
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

describe('a profile after removeDecayed', () => {
  it('has exactly the same scores by algorithm v1', () => {
    const trends = { trendingGlobal: () => 0, trendingLocal: () => null, probability24hAgo: () => null };
    const scores = (state: FullProfile) => {
      const score = finalScorerV1(userFeaturesV1(state, NOON_MS), NOON_MS, trends);
      return markets.map((each) => score(toEntry(each).scoring));
    };
    fc.assert(
      fc.property(profiles, (profile) => {
        expect(scores(decayed(profile).state)).toEqual(scores(profile));
      }),
      { numRuns: 300 },
    );
  });

  it('has scores by algorithm v2 that differ by less than the effect of one affinity at the limit', () => {
    const columns = columnsOfMarkets(...markets);
    const bound = Math.tanh(LIMITS.minAffinity / v2.affinity.longTermScale);
    const scores = (state: FullProfile) => {
      const user = userFeaturesV2(state, NOON_MS, decay);
      const scored = new ScorerV2(v2, impressionConfig).score(
        ...([columns, trendsOf(columns.size), user, () => undefined, NOON_MS] as const),
      );
      return markets.map((_, row) => ({ ...partsAt(scored, row), final: scored.final[row] ?? NaN }));
    };
    let differences = 0;
    fc.assert(
      fc.property(profiles, (profile) => {
        const [before, after] = [scores(profile), scores(decayed(profile).state)];
        before.forEach((parts, row) => {
          const { interest, negative, personal, final, ...others } = parts;
          const now = after[row];
          const change = Math.abs((now?.interest ?? 0) - (interest ?? 0));
          if (change > 0) differences += 1;
          expect(change).toBeLessThan(bound);
          expect(Math.abs((now?.negative ?? 0) - (negative ?? 0))).toBeLessThan(bound);
          expect(Math.abs((now?.personal ?? 0) - (personal ?? 0))).toBeLessThan(v2.weights.interest * bound);
          expect(Math.abs((now?.final ?? 0) - final)).toBeLessThan(
            (v2.weights.interest + v2.weights.negative) * bound,
          );
          // Without features, the other components are those of an anonymous user.
          const hasFeatures = userFeaturesV2(decayed(profile).state, NOON_MS, decay) !== null;
          if (hasFeatures) expect(now).toMatchObject(others);
        });
      }),
      { numRuns: 300 },
    );
    // Enough of the generated profiles had a topic to remove.
    expect(differences).toBeGreaterThan(10);
  });

  it('is unchanged by encoding and decoding, and by another removeDecayed', () => {
    fc.assert(
      fc.property(profiles, (profile) => {
        const { state } = decayed(profile);
        const stored = [encodeState(state, noNumber), encodeShown(state, noNumber)] as const;
        const decoded = { ...decodeState(stored[0], noId), ...decodeShown(stored[1], noId) };
        expect({ ...state, ...decoded }).toEqual(state);
        const decayedTwice = decayed(state);
        expect(decayedTwice.removedTopics).toBe(0);
        expect(decayedTwice.state).toBe(state);
        for (const topic of state.topics.values()) {
          const { longTerm } = topicAffinity(topic, state, NOON_MS, decay);
          expect(longTerm === 0 || Math.abs(longTerm) >= LIMITS.minAffinity).toBe(true);
        }
      }),
    );
  });
});
