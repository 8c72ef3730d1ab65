import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toPastMarket } from '../../../../../src/catalog/columns/market-terms.js';
import type { Market } from '../../../../../src/domain/market.js';
import { LiveSignals, signalMarket } from '../../../../../src/learning/live-signals.js';
import { DAY_MS, HOUR_MS } from '../../../../../src/lib/time.js';
import type { MarketEngagement, PastLookup } from '../../../../../src/scoring/v2/features.js';
import type { LearnedName } from '../../../../../src/scoring/v2/ranking-model.js';
import { ScorerV2 } from '../../../../../src/scoring/v2/scorer.js';
import { shrunkRatio } from '../../../../../src/scoring/v2/shrunk-ratio.js';
import { NO_SIGNALS, type SiteSignals } from '../../../../../src/scoring/v2/site-signals.js';
import {
  hourCloseness,
  hourOfDay,
  hourOfWeek,
  smoothedCount,
} from '../../../../../src/scoring/v2/week-hours.js';
import {
  columnsOfMarkets,
  CONSTANTS,
  engagementOf,
  IMPRESSIONS,
  NOW_MS,
  partsAt,
  trendsOf,
  userOf,
} from '../../../../support/scoring-v2.js';
import { storedMarket } from '../../../../support/stored-market.js';

interface Request {
  readonly signals?: SiteSignals;
  readonly country?: string | null;
  readonly engagements?: readonly MarketEngagement[];
  readonly past?: PastLookup;
}

/** A component of each market; without engagements, of an anonymous user. */
function valuesOf(
  name: LearnedName,
  markets: readonly Market[],
  { signals = NO_SIGNALS, country = null, engagements, past = () => undefined }: Request,
): (number | null)[] {
  const columns = columnsOfMarkets(...markets);
  const scorer = new ScorerV2(CONSTANTS, IMPRESSIONS);
  const user = engagements === undefined ? null : userOf({ engagements });
  const trends = trendsOf(columns.size);
  const scores = scorer.score(columns, trends, user, past, NOW_MS, signals, country);
  return columns.ids.map((_, row) => partsAt(scores, row)[name]);
}

const close = (...values: readonly number[]) => values.map((value) => expect.closeTo(value, 9) as number);

/** Signals after engagements of users by market, country, and hours before now. */
function signalsAfter(
  ...events: readonly (readonly [market: Market, country: string | null, hoursAgo: number])[]
): SiteSignals {
  const signals = new LiveSignals();
  for (const [index, [market, country, hoursAgo]] of events.entries())
    signals.add({
      ...{ atMs: NOW_MS - hoursAgo * HOUR_MS, userKey: `user ${index}`, country },
      market: signalMarket(market),
    });
  return signals.view();
}

describe('a shrunk ratio', () => {
  it('is the prior without expected counts, and nears the observed ratio with many', () => {
    expect(shrunkRatio(0, 0, 1.5, 10)).toBe(1.5);
    expect(shrunkRatio(30, 10, 1, 10)).toBe(2);
    expect(shrunkRatio(3e6, 1e6, 1, 10)).toBeCloseTo(3, 4);
  });
});

describe('popularHere', () => {
  const [a, b] = [storedMarket('a'), storedMarket('b')];
  const markets = [a, b];

  it('is the popularity on the site, with the ratio of the country and the hour shrunk to 1', () => {
    // All at this hour of the day, so the hour makes no difference. From IL, 1 of 1 user chose b; on the site, 1 of 4.
    const signals = signalsAfter([a, 'US', 0], [a, 'US', 0], [a, 'US', 0], [b, 'IL', 0]);
    const ratioOfB = (1 + 20 / 4) / (1 / 4 + 20 / 4);
    const ratioOfA = 15 / (3 / 4 + 15);
    expect(valuesOf('popularHere', markets, { signals, country: 'IL' })).toEqual(
      close(Math.log(1 + 4 * 3 * ratioOfA), Math.log(1 + 4 * ratioOfB)),
    );
    const elsewhere = close(Math.log(13), Math.log(5));
    expect(valuesOf('popularHere', markets, { signals, country: 'FR' })).toEqual(elsewhere);
    expect(valuesOf('popularHere', markets, { signals })).toEqual(elsewhere);
    expect(valuesOf('popularHere', markets, { country: 'IL' })).toEqual([0, 0]);
  });

  it('is higher for a market that users choose at this hour of the day', () => {
    const signals = signalsAfter([a, null, 12], [a, null, 36], [b, null, 24], [b, null, 48]);
    const [ofA = null, ofB = null] = valuesOf('popularHere', markets, { signals });
    expect(ofB).toBeGreaterThan(ofA ?? Infinity);
    const week = 2 ** (-1 / 7) + 2 ** (-2 / 7);
    const site = week + 2 ** (-0.5 / 7) + 2 ** (-1.5 / 7);
    const strength = (20 * week) / site;
    const ratio = (week + strength) / ((week * week) / site + strength);
    expect(ofB).toBeCloseTo(Math.log(1 + 4 * week * ratio), 9);
  });

  it('counts a user who returns once', () => {
    const signals = new LiveSignals();
    for (const hour of [3, 2, 1, 0])
      signals.add({ atMs: NOW_MS - hour * HOUR_MS, userKey: 'ann', country: 'IL', market: signalMarket(a) });
    const view = signals.view();
    expect(view.recentUsers?.score).toBeCloseTo(1, 9);
    expect(view.recentUsersFrom('IL')?.ofMarkets.get('a')?.score).toBeCloseTo(1, 9);
    expect(view.recentUsersFrom('US')).toBeUndefined();
  });

  it('keeps the markets with the most users of a country', () => {
    const signals = new LiveSignals();
    for (let user = 0; user < 400; user += 1) {
      const market = signalMarket(storedMarket(user < 20 ? 'often' : `m${user}`));
      signals.add({ atMs: NOW_MS + user, userKey: `user ${user}`, country: 'IL', market });
    }
    const counts = signals.view().recentUsersFrom('IL');
    expect(counts?.ofMarkets.size).toBeLessThanOrEqual(256);
    expect(counts?.ofMarkets.get('often')?.score).toBeCloseTo(20, 3);
    expect(counts?.ofMarkets.has('m399')).toBe(true);
    expect(counts?.total.score).toBeCloseTo(400, 2);
  });
});

describe('groupDemand', () => {
  const titled = (id: string, title: string, source: string | null = null) =>
    storedMarket(id, { title, source });

  it('shrinks the demand for a series to that for its template and its source', () => {
    const markets = [
      titled('a', 'Rain over 1 mm?', 'x'),
      titled('b', 'Rain over 2 mm?', 'x'),
      titled('c', 'Snow?', 'x'),
      titled('d', 'Fog?', 'y'),
    ];
    const signals = signalsAfter(...markets.slice(0, 2).flatMap((market) => [[market, null, 0] as const]));
    const source = (2 + 10) / (1.5 + 10);
    const ofRain = (2 + 10 * ((2 + 10 * source) / (1 + 10))) / (1 + 10);
    const ofSnow = (0 + 10 * ((0 + 10 * source) / (0.5 + 10))) / (0.5 + 10);
    const ofFog = (10 * (10 * (10 / 10.5))) / 10.5 / 10.5;
    expect(valuesOf('groupDemand', markets, { signals })).toEqual(
      close(Math.log(ofRain), Math.log(ofRain), Math.log(ofSnow), Math.log(ofFog)),
    );
    expect(valuesOf('groupDemand', markets, {})).toEqual([0, 0, 0, 0]);
  });

  it('is higher for a market without users whose series users choose', () => {
    const rain = Array.from({ length: 12 }, (_, index) => titled(`r${index}`, `Rain over ${index} mm?`));
    const others = Array.from({ length: 12 }, (_, index) =>
      titled(`s${index}`, `Will ${'x'.repeat(index + 1)}?`),
    );
    const signals = signalsAfter(...rain.slice(1).map((market) => [market, null, 24] as const));
    const values = valuesOf('groupDemand', [...rain, ...others], { signals });
    expect(values[0]).toBeGreaterThan(0.2);
    expect(values.at(-1)).toBeLessThan(0);
  });
});

describe('weekHour', () => {
  const sports = storedMarket('a', { category: 'Sports' });
  const politics = storedMarket('b', { category: 'Politics' });
  const markets = [sports, politics];
  const closed = toPastMarket(storedMarket('p', { category: 'sports' }));
  const past: PastLookup = (id) => (id === 'p' ? closed : undefined);
  const at = (marketId: string, hoursAgo: number) =>
    engagementOf(marketId, { atMs: NOW_MS - hoursAgo * HOUR_MS });

  it('is the share of the category at this hour of the week, shrunk to 1', () => {
    // A week ago to the hour, an hour off, and at another hour. Of 3 engagements, 5/3 are at this hour.
    const engagements = [at('b', 80), at('a', 168), at('p', 7 * 168 + 1)];
    const ofSports = (5 / 3 + 3) / ((2 * 5) / 9 + 3);
    const ofPolitics = 3 / (5 / 9 + 3);
    expect(valuesOf('weekHour', markets, { engagements, past })).toEqual(
      close(Math.log(ofSports), Math.log(ofPolitics)),
    );
    expect(valuesOf('weekHour', markets, { engagements: [], past })).toEqual([0, 0]);
    expect(valuesOf('weekHour', markets, {})).toEqual([null, null]);
  });

  it('is shrunk to that of the site, and the same as that for a category that is new to the user', () => {
    const signals = signalsAfter(
      ...Array.from({ length: 4 }, (_, week) => [sports, null, week * 168] as const),
      ...Array.from({ length: 4 }, (_, week) => [politics, null, week * 168 + 80] as const),
    );
    const site = (4 + 20) / (4 * 0.5 + 20);
    const engagements = [at('b', 80)];
    const [ofSports, ofPolitics] = valuesOf('weekHour', markets, { signals, engagements });
    expect(ofSports).toBeCloseTo(Math.log(site), 9);
    expect(ofPolitics).toBeCloseTo(Math.log(20 / (4 * 0.5 + 20)), 9);
  });

  it('is the same whichever rows are scored', () => {
    const constants = { ...CONSTANTS, weights: { ...CONSTANTS.weights, weekHour: 0.5 } };
    const columns = columnsOfMarkets(...markets);
    const user = userOf({ engagements: [at('a', 168), at('b', 80)] });
    const scores = new ScorerV2(constants, IMPRESSIONS).score(columns, trendsOf(2), user, past, NOW_MS);
    expect(partsAt(scores, 0).final).toBe(scores.final[0]);
    expect(partsAt(scores, 0).weekHour).toBeGreaterThan(0);
  });
});

describe('hours of the week', () => {
  it('start on Monday, UTC', () => {
    expect(hourOfWeek(Date.UTC(2026, 5, 15))).toBe(0);
    expect(hourOfWeek(Date.UTC(2026, 5, 14, 23, 59))).toBe(167);
    expect(hourOfWeek(-1)).toBe(71);
    expect(hourOfDay(Date.UTC(2026, 5, 14, 23, 59))).toBe(23);
  });

  it('count for their neighbors around the week, and a smoothed count sums to 3 per choice', () => {
    expect([0, 1, 2, 3].map((hour) => hourCloseness(167, (167 + hour) % 168))).toEqual(
      close(1, 2 / 3, 1 / 3, 0),
    );
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 167 }), fc.integer({ min: -1e6, max: 1e6 }), (hour, days) => {
        const counts = new Float64Array(168);
        counts[hour] = 1;
        const total = Array.from(counts, (_, other) => smoothedCount(counts, other)).reduce((a, b) => a + b);
        expect(total).toBeCloseTo(3, 9);
        expect(hourOfWeek(NOW_MS + days * 7 * DAY_MS)).toBe(hourOfWeek(NOW_MS));
      }),
    );
  });
});
