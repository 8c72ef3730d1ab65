import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadRankingConfig } from '../../../src/config/ranking-config.js';
import { userV2 } from '../../../src/profiles/user-v2.js';
import { emptyProfile, type ProfileState } from '../../../src/domain/profile.js';
import type { EventType } from '../../../src/domain/event.js';
import { ScorerV2 } from '../../../src/scoring/v2/scorer.js';
import type { KnownMarket, MarketImpressions, UserFeatures } from '../../../src/scoring/v2/features.js';
import {
  DAY_MS,
  HOUR_MS,
  memory,
  MINUTE_MS,
  NOON_MS,
  personAfter,
  profileEvent,
} from '../../support/profile-events.js';
import { columnsOfMarkets, trendsOf } from '../../support/scoring-v2.js';
import { storedMarket } from '../../support/stored-market.js';

type Events = Parameters<typeof personAfter>;

function userOfState(state: ProfileState, nowMs = NOON_MS): UserFeatures {
  const user = userV2(state, nowMs, memory);
  if (user === null) throw new Error('Something should be known of this person.');
  return user;
}

const userAfter = (events: Events, nowMs = NOON_MS): UserFeatures =>
  userOfState(personAfter(...events), nowMs);
const on = (
  id: string,
  eventType: EventType,
  atMs: number,
  market: { probability?: number | null; volume24h?: number } = {},
) => profileEvent(eventType, atMs, { market: { id, ...market } });

describe('what algorithm v2 reads of a person', () => {
  it('is nothing of one who was never seen, and something of one who was only shown a market', () => {
    expect(userV2(emptyProfile('ada'), NOON_MS, memory)).toBeNull();
    expect(userAfter([on('a', 'IMPRESSION', NOON_MS)])).toMatchObject({
      ...{ topics: [], sessionEvents: 0, idleMs: Infinity, engagements: [], views: [], knownMarkets: [] },
      impressions: [{ marketId: 'a', count24h: 1 }],
    });
  });

  it('has the session while it lasts, and none of it when it is over', () => {
    const events: Events = [on('a', 'CLICK', NOON_MS - 2 * MINUTE_MS), on('b', 'CLICK', NOON_MS - MINUTE_MS)];
    const during = userAfter(events);
    expect(during).toMatchObject({ sessionEvents: 2, idleMs: MINUTE_MS });
    expect(during.engagements.map(({ marketId, inSession }) => [marketId, inSession])).toEqual([
      ['b', true],
      ['a', true],
    ]);
    for (const { session } of during.topics) expect(session).toBeGreaterThan(0);
    const after = userAfter(events, NOON_MS + 29 * MINUTE_MS);
    expect(after).toMatchObject({ sessionEvents: 0, idleMs: 30 * MINUTE_MS });
    expect(after.engagements.map(({ inSession }) => inSession)).toEqual([false, false]);
    for (const { session, longTerm } of after.topics) {
      expect(session).toBe(0);
      expect(longTerm).toBeGreaterThan(0);
    }
  });

  it('has the markets of this session apart from those before it', () => {
    const { engagements, sessionEvents } = userAfter([
      on('old', 'CLICK', NOON_MS - 2 * HOUR_MS),
      on('new', 'CLICK', NOON_MS - MINUTE_MS),
    ]);
    expect(engagements.map(({ marketId, inSession }) => [marketId, inSession])).toEqual([
      ['new', true],
      ['old', false],
    ]);
    expect(sessionEvents).toBe(1);
  });

  it('has the latest 200 markets with a liking, latest first and then by id', () => {
    const many = Array.from({ length: 210 }, (_, index) => on(`m${index}`, 'CLICK', NOON_MS - index));
    const { engagements } = userAfter([
      ...many,
      on('disliked', 'HIDE', NOON_MS),
      on('b', 'SHARE', NOON_MS + 1),
      on('a', 'SHARE', NOON_MS + 1),
    ]);
    expect(engagements).toHaveLength(200);
    expect(engagements.slice(0, 3).map(({ marketId }) => marketId)).toEqual(['a', 'b', 'm0']);
    expect(engagements[0]?.weight).toBe(4);
  });

  it('has the odds at the last look, NaN where there were none', () => {
    const { views } = userAfter([
      on('a', 'CLICK', NOON_MS, { probability: 0.3 }),
      on('b', 'VIEW_MARKET', NOON_MS, { probability: null }),
      on('c', 'SHARE', NOON_MS, { probability: 0.3 }),
    ]);
    expect(views).toEqual([
      { marketId: 'a', probability: 0.3 },
      { marketId: 'b', probability: NaN },
    ]);
  });

  it('has the dwell times by category', () => {
    const dwell = (dwellMs: number) => profileEvent('DWELL_5', NOON_MS, { dwellMs });
    expect([...userAfter([dwell(6_000), dwell(8_000)]).dwellByCategory]).toEqual([
      ['politics', { totalMs: 14_000, events: 2 }],
    ]);
  });
});

describe('what algorithm v2 reads of having been shown a market', () => {
  const shownAt = (...agoMs: number[]) => agoMs.map((ago) => on('a', 'IMPRESSION', NOON_MS - ago));
  const impression = (...events: Events): MarketImpressions | undefined => userAfter(events).impressions[0];

  it('are the showings of the last day, and how the market stood at the last one', () => {
    expect(
      impression(
        on('a', 'IMPRESSION', NOON_MS - DAY_MS),
        on('a', 'IMPRESSION', NOON_MS - DAY_MS + 1, { probability: 0.3, volume24h: 7 }),
        on('a', 'IMPRESSION', NOON_MS - HOUR_MS, { probability: 0.4, volume24h: 9 }),
      ),
    ).toEqual({
      ...{ marketId: 'a', count24h: 2, lastShownAtMs: NOON_MS - HOUR_MS, probability: 0.4, volume24h: 9 },
      ...{ ignored24h: 2, ignored7d: 3, ignoredSinceMs: NOON_MS - DAY_MS },
    });
    expect(impression(on('a', 'IMPRESSION', NOON_MS, { probability: null }))?.probability).toBeNaN();
  });

  it('are the showings of a week that nothing came of, since when', () => {
    expect(impression(...shownAt(6 * DAY_MS, 2 * DAY_MS, HOUR_MS))).toMatchObject({
      ...{ count24h: 1, ignored24h: 1, ignored7d: 3, ignoredSinceMs: NOON_MS - 6 * DAY_MS },
    });
    const weekLater = userAfter(shownAt(2 * DAY_MS), NOON_MS + 5 * DAY_MS).impressions[0];
    expect(weekLater).toMatchObject({ count24h: 0, ignored7d: 0, ignoredSinceMs: NaN });
  });

  it.each<EventType>(['CLICK', 'VIEW_MARKET'])('begin to count as ignored anew after a %s', (eventType) => {
    const clicked = on('a', eventType, NOON_MS - 3 * HOUR_MS);
    expect(
      impression(...shownAt(2 * DAY_MS, 4 * HOUR_MS, 3 * HOUR_MS), clicked, ...shownAt(2 * HOUR_MS, HOUR_MS)),
    ).toMatchObject({
      ...{ count24h: 4, ignored24h: 2, ignored7d: 2, ignoredSinceMs: NOON_MS - 2 * HOUR_MS },
    });
    expect(impression(...shownAt(4 * HOUR_MS), clicked)).toMatchObject({
      ...{ count24h: 1, ignored24h: 0, ignored7d: 0, ignoredSinceMs: NaN },
    });
  });

  it('do not depend on whether the click or the showing was reported first', () => {
    const clicked = on('a', 'CLICK', NOON_MS - 3 * HOUR_MS);
    const showings = shownAt(4 * HOUR_MS, HOUR_MS);
    expect(impression(clicked, ...showings)).toEqual(impression(...showings, clicked));
  });

  it('do not begin anew for what is no look at the market, or for a look at another', () => {
    const showings = shownAt(2 * HOUR_MS);
    expect(impression(...showings, on('a', 'BOOKMARK', NOON_MS - HOUR_MS))?.ignored24h).toBe(1);
    expect(impression(...showings, on('b', 'CLICK', NOON_MS - HOUR_MS))?.ignored24h).toBe(1);
  });
});

describe('what algorithm v2 reads of markets that a person holds', () => {
  const knownAfter = (...events: Events): readonly KnownMarket[] => userAfter(events).knownMarkets;

  it('is when it was traded in last, and when it was last opened', () => {
    expect(
      knownAfter(
        on('traded', 'PARTICIPATE', NOON_MS - DAY_MS),
        on('traded', 'CLICK', NOON_MS - HOUR_MS, { probability: 0.4 }),
        on('opened', 'CLICK', NOON_MS - 2 * HOUR_MS, { probability: 0.6 }),
      ),
    ).toEqual([
      { marketId: 'traded', tradedAtMs: NOON_MS - DAY_MS, openedAtMs: NOON_MS - HOUR_MS, probability: 0.4 },
      { marketId: 'opened', tradedAtMs: NaN, openedAtMs: NOON_MS - 2 * HOUR_MS, probability: 0.6 },
    ]);
  });

  it('is how the market stood when it was last looked at or traded in, which a showing is not', () => {
    const shown = on('a', 'IMPRESSION', NOON_MS - HOUR_MS, { probability: 0.7, volume24h: 50 });
    expect(knownAfter(on('a', 'CLICK', NOON_MS - DAY_MS, { probability: 0.2 }), shown)).toMatchObject([
      { probability: 0.2 },
    ]);
    expect(knownAfter(on('a', 'BOOKMARK', NOON_MS - DAY_MS), shown)).toMatchObject([{ probability: NaN }]);
    expect(
      knownAfter(
        on('a', 'CLICK', NOON_MS - 3 * DAY_MS, { probability: 0.3 }),
        on('a', 'PARTICIPATE', NOON_MS - DAY_MS, { probability: 0.6 }),
      ),
    ).toMatchObject([{ probability: 0.6 }]);
  });

  it('is no market that was only disliked, or looked at when a look weighs nothing', () => {
    expect(knownAfter(on('a', 'HIDE', NOON_MS))).toEqual([]);
    expect(knownAfter({ ...on('a', 'CLICK', NOON_MS), weight: 0 })).toEqual([]);
  });
});

describe('an impression', () => {
  const { v2, impressions } = loadRankingConfig(undefined);
  const columns = columnsOfMarkets(
    storedMarket('a', { probability: 0.5, volume24h: 100, category: 'Politics' }),
    storedMarket('b', { probability: 0.3, volume24h: 0, category: 'Sports' }),
  );
  const finals = (state: ProfileState) => [
    ...new ScorerV2(v2, impressions).score(
      columns,
      trendsOf(columns.size),
      userV2(state, NOON_MS, memory),
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
      on(id, eventType, NOON_MS - agoMs, { probability, volume24h }),
    );

  it('of the market as it stands never raises its score, whatever happened before', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 12 }), (events) => {
        const before = personAfter(...events);
        const showing = on('a', 'IMPRESSION', NOON_MS, { probability: 0.5, volume24h: 100 });
        const [shown = NaN, other] = finals(personAfter(...events, showing));
        const [unseen = NaN, otherBefore] = finals(before);
        expect(shown).toBeLessThanOrEqual(unseen);
        expect(other).toBe(otherBefore);
      }),
      { numRuns: 300 },
    );
  });
});
