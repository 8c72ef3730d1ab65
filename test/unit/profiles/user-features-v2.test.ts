import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadRankingConfig } from '../../../src/config/ranking-config.js';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/lib/time.js';
import { userFeaturesV2 } from '../../../src/profiles/user-features.js';
import { emptyProfile, type ProfileState } from '../../../src/domain/profile.js';
import type { EventType } from '../../../src/domain/event.js';
import { ScorerV2 } from '../../../src/scoring/v2/scorer.js';
import type { KnownMarket, MarketImpressions, UserFeatures } from '../../../src/scoring/v2/features.js';
import { decay, NOON_MS, profileAfter, profileEvent } from '../../support/profile-events.js';
import { columnsOfMarkets, trendsOf } from '../../support/scoring-v2.js';
import { storedMarket } from '../../support/stored-market.js';

type Events = Parameters<typeof profileAfter>;

function featuresOf(state: ProfileState, nowMs = NOON_MS): UserFeatures {
  const user = userFeaturesV2(state, nowMs, decay);
  if (user === null) throw new Error('The user should have features.');
  return user;
}

const featuresAfter = (events: Events, nowMs = NOON_MS): UserFeatures =>
  featuresOf(profileAfter(...events), nowMs);
const marketEvent = (
  id: string,
  eventType: EventType,
  atMs: number,
  market: { probability?: number | null; volume24h?: number } = {},
) => profileEvent(eventType, atMs, { market: { id, ...market } });

describe('userFeaturesV2', () => {
  it('is null for an empty profile, but not for a profile with only impressions', () => {
    expect(userFeaturesV2(emptyProfile('ada'), NOON_MS, decay)).toBeNull();
    expect(featuresAfter([marketEvent('a', 'IMPRESSION', NOON_MS)])).toMatchObject({
      ...{ topics: [], sessionEvents: 0, idleMs: Infinity, engagements: [], views: [], knownMarkets: [] },
      impressions: [{ marketId: 'a', count24h: 1 }],
    });
  });

  it('has session features only while the session lasts', () => {
    const events: Events = [
      marketEvent('a', 'CLICK', NOON_MS - 2 * MINUTE_MS),
      marketEvent('b', 'CLICK', NOON_MS - MINUTE_MS),
    ];
    const during = featuresAfter(events);
    expect(during).toMatchObject({ sessionEvents: 2, idleMs: MINUTE_MS });
    expect(during.engagements.map(({ marketId, inSession }) => [marketId, inSession])).toEqual([
      ['b', true],
      ['a', true],
    ]);
    for (const { session } of during.topics) expect(session).toBeGreaterThan(0);
    const after = featuresAfter(events, NOON_MS + 29 * MINUTE_MS);
    expect(after).toMatchObject({ sessionEvents: 0, idleMs: 30 * MINUTE_MS });
    expect(after.engagements.map(({ inSession }) => inSession)).toEqual([false, false]);
    for (const { session, longTerm } of after.topics) {
      expect(session).toBe(0);
      expect(longTerm).toBeGreaterThan(0);
    }
  });

  it('marks the engagements of the current session', () => {
    const { engagements, sessionEvents } = featuresAfter([
      marketEvent('old', 'CLICK', NOON_MS - 2 * HOUR_MS),
      marketEvent('new', 'CLICK', NOON_MS - MINUTE_MS),
    ]);
    expect(engagements.map(({ marketId, inSession }) => [marketId, inSession])).toEqual([
      ['new', true],
      ['old', false],
    ]);
    expect(sessionEvents).toBe(1);
  });

  it('has the latest 200 engagements, newest first and then by id', () => {
    const many = Array.from({ length: 210 }, (_, index) =>
      marketEvent(`m${index}`, 'CLICK', NOON_MS - index),
    );
    const { engagements } = featuresAfter([
      ...many,
      marketEvent('negative', 'HIDE', NOON_MS),
      marketEvent('b', 'SHARE', NOON_MS + 1),
      marketEvent('a', 'SHARE', NOON_MS + 1),
    ]);
    expect(engagements).toHaveLength(200);
    expect(engagements.slice(0, 3).map(({ marketId }) => marketId)).toEqual(['a', 'b', 'm0']);
    expect(engagements[0]?.weight).toBe(4);
  });

  it('has the probability at the last view; NaN if it was unknown', () => {
    const { views } = featuresAfter([
      marketEvent('a', 'CLICK', NOON_MS, { probability: 0.3 }),
      marketEvent('b', 'VIEW_MARKET', NOON_MS, { probability: null }),
      marketEvent('c', 'SHARE', NOON_MS, { probability: 0.3 }),
    ]);
    expect(views).toEqual([
      { marketId: 'a', probability: 0.3 },
      { marketId: 'b', probability: NaN },
    ]);
  });

  it('has the dwell times by category', () => {
    const dwell = (dwellMs: number) => profileEvent('DWELL_5', NOON_MS, { dwellMs });
    expect([...featuresAfter([dwell(6_000), dwell(8_000)]).dwellByCategory]).toEqual([
      ['politics', { totalMs: 14_000, events: 2 }],
    ]);
  });
});

describe('impressions of userFeaturesV2', () => {
  const shownAt = (...agoMs: number[]) => agoMs.map((ago) => marketEvent('a', 'IMPRESSION', NOON_MS - ago));
  const impression = (...events: Events): MarketImpressions | undefined =>
    featuresAfter(events).impressions[0];

  it('are counted over 24 hours, with the probability and volume at the last impression', () => {
    expect(
      impression(
        marketEvent('a', 'IMPRESSION', NOON_MS - DAY_MS),
        marketEvent('a', 'IMPRESSION', NOON_MS - DAY_MS + 1, { probability: 0.3, volume24h: 7 }),
        marketEvent('a', 'IMPRESSION', NOON_MS - HOUR_MS, { probability: 0.4, volume24h: 9 }),
      ),
    ).toEqual({
      ...{ marketId: 'a', count24h: 2, lastShownAtMs: NOON_MS - HOUR_MS, probability: 0.4, volume24h: 9 },
      ...{ ignored24h: 2, ignored7d: 3, ignoredSinceMs: NOON_MS - DAY_MS },
    });
    expect(impression(marketEvent('a', 'IMPRESSION', NOON_MS, { probability: null }))?.probability).toBeNaN();
  });

  it('are counted as ignored over 7 days, with the time of the first', () => {
    expect(impression(...shownAt(6 * DAY_MS, 2 * DAY_MS, HOUR_MS))).toMatchObject({
      ...{ count24h: 1, ignored24h: 1, ignored7d: 3, ignoredSinceMs: NOON_MS - 6 * DAY_MS },
    });
    const weekLater = featuresAfter(shownAt(2 * DAY_MS), NOON_MS + 5 * DAY_MS).impressions[0];
    expect(weekLater).toMatchObject({ count24h: 0, ignored7d: 0, ignoredSinceMs: NaN });
  });

  it.each<EventType>(['CLICK', 'VIEW_MARKET'])(
    'are counted as ignored from 0 again after a %s',
    (eventType) => {
      const clicked = marketEvent('a', eventType, NOON_MS - 3 * HOUR_MS);
      expect(
        impression(
          ...shownAt(2 * DAY_MS, 4 * HOUR_MS, 3 * HOUR_MS),
          clicked,
          ...shownAt(2 * HOUR_MS, HOUR_MS),
        ),
      ).toMatchObject({
        ...{ count24h: 4, ignored24h: 2, ignored7d: 2, ignoredSinceMs: NOON_MS - 2 * HOUR_MS },
      });
      expect(impression(...shownAt(4 * HOUR_MS), clicked)).toMatchObject({
        ...{ count24h: 1, ignored24h: 0, ignored7d: 0, ignoredSinceMs: NaN },
      });
    },
  );

  it('are counted the same when a click arrives before an earlier impression', () => {
    const clicked = marketEvent('a', 'CLICK', NOON_MS - 3 * HOUR_MS);
    const impressions = shownAt(4 * HOUR_MS, HOUR_MS);
    expect(impression(clicked, ...impressions)).toEqual(impression(...impressions, clicked));
  });

  it('stay ignored after an event that is not a view, or a view of another market', () => {
    const impressions = shownAt(2 * HOUR_MS);
    expect(impression(...impressions, marketEvent('a', 'BOOKMARK', NOON_MS - HOUR_MS))?.ignored24h).toBe(1);
    expect(impression(...impressions, marketEvent('b', 'CLICK', NOON_MS - HOUR_MS))?.ignored24h).toBe(1);
  });
});

describe('known markets of userFeaturesV2', () => {
  const knownAfter = (...events: Events): readonly KnownMarket[] => featuresAfter(events).knownMarkets;

  it('have the times of the last trade and the last engagement', () => {
    expect(
      knownAfter(
        marketEvent('traded', 'PARTICIPATE', NOON_MS - DAY_MS),
        marketEvent('traded', 'CLICK', NOON_MS - HOUR_MS, { probability: 0.4 }),
        marketEvent('opened', 'CLICK', NOON_MS - 2 * HOUR_MS, { probability: 0.6 }),
      ),
    ).toEqual([
      { marketId: 'traded', tradedAtMs: NOON_MS - DAY_MS, openedAtMs: NOON_MS - HOUR_MS, probability: 0.4 },
      { marketId: 'opened', tradedAtMs: NaN, openedAtMs: NOON_MS - 2 * HOUR_MS, probability: 0.6 },
    ]);
  });

  it('have the probability at the last view or trade, not at an impression', () => {
    const shown = marketEvent('a', 'IMPRESSION', NOON_MS - HOUR_MS, { probability: 0.7, volume24h: 50 });
    expect(
      knownAfter(marketEvent('a', 'CLICK', NOON_MS - DAY_MS, { probability: 0.2 }), shown),
    ).toMatchObject([{ probability: 0.2 }]);
    expect(knownAfter(marketEvent('a', 'BOOKMARK', NOON_MS - DAY_MS), shown)).toMatchObject([
      { probability: NaN },
    ]);
    expect(
      knownAfter(
        marketEvent('a', 'CLICK', NOON_MS - 3 * DAY_MS, { probability: 0.3 }),
        marketEvent('a', 'PARTICIPATE', NOON_MS - DAY_MS, { probability: 0.6 }),
      ),
    ).toMatchObject([{ probability: 0.6 }]);
  });

  it('do not include markets with only negative events or events of weight 0', () => {
    expect(knownAfter(marketEvent('a', 'HIDE', NOON_MS))).toEqual([]);
    expect(knownAfter({ ...marketEvent('a', 'CLICK', NOON_MS), weight: 0 })).toEqual([]);
  });
});

describe('scores by algorithm v2', () => {
  const { v2, impressions } = loadRankingConfig(undefined);
  const columns = columnsOfMarkets(
    storedMarket('a', { probability: 0.5, volume24h: 100, category: 'Politics' }),
    storedMarket('b', { probability: 0.3, volume24h: 0, category: 'Sports' }),
  );
  const finals = (state: ProfileState) => [
    ...new ScorerV2(v2, impressions).score(
      columns,
      trendsOf(columns.size),
      userFeaturesV2(state, NOON_MS, decay),
      () => undefined,
      NOON_MS,
    ).final,
  ];
  const event = fc
    .record({
      id: fc.constantFrom('a', 'b'),
      eventType: fc.constantFrom<EventType>('IMPRESSION', 'IMPRESSION', 'CLICK', 'PARTICIPATE', 'SKIP_FAST'),
      agoMs: fc.nat(9 * DAY_MS),
      probability: fc.constantFrom(0.3, 0.35, 0.5, 0.9, null),
      volume24h: fc.constantFrom(0, 40, 100),
    })
    .map(({ id, eventType, agoMs, probability, volume24h }) =>
      marketEvent(id, eventType, NOON_MS - agoMs, { probability, volume24h }),
    );

  it('never increase with another impression of the market, after any history', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 12 }), (events) => {
        const before = profileAfter(...events);
        const impression = marketEvent('a', 'IMPRESSION', NOON_MS, { probability: 0.5, volume24h: 100 });
        const [shown = NaN, other] = finals(profileAfter(...events, impression));
        const [unseen = NaN, otherBefore] = finals(before);
        expect(shown).toBeLessThanOrEqual(unseen);
        expect(other).toBe(otherBefore);
      }),
      { numRuns: 300 },
    );
  });
});
