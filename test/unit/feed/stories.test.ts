import { describe, expect, it } from 'vitest';
import type { Feed, FeedItem } from '../../../src/feed/feed.js';
import type { Market } from '../../../src/domain/market.js';
import type { FullProfile } from '../../../src/domain/profile.js';
import { LiveSignals, signalMarket } from '../../../src/learning/live-signals.js';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/lib/time.js';
import { DEFAULT_MODEL, type RankingModel } from '../../../src/scoring/v2/ranking-model.js';
import { anonymous, feedOver, idsOf, knows } from '../../support/feed-parts.js';
import { NOON_MS, profileAfter, profileEvent } from '../../support/profile-events.js';
import { FEATURE_WEIGHTS } from '../../support/ranking-model.js';
import { storedMarket } from '../../support/stored-market.js';

const topics = {
  Politics: [
    'Will the senate pass the budget',
    'Will the governor be impeached',
    'Will turnout exceed sixty percent',
  ],
  Sports: [
    'Will the Lakers win tonight',
    'Will Arsenal lift the cup',
    'Will a tennis qualifier reach the final',
  ],
  Crypto: ['Will bitcoin close above its high', 'Will the exchange list the token', 'Will gas fees halve'],
  Science: ['Will the probe land', 'Will the vaccine trial succeed', 'Will the telescope find water'],
} as const;

/** 24 markets of each topic, interleaved. */
const catalog: readonly Market[] = Array.from({ length: 24 }, (_, round) =>
  Object.entries(topics).map(([category, titles]) =>
    storedMarket(`${category.toLowerCase()}-${round}`, {
      category,
      title: `${titles[round % titles.length]} in week ${round}?`,
      tags: [category],
    }),
  ),
).flat();

const byId = new Map(catalog.map((market) => [market.id, market]));

const event = (eventType: Parameters<typeof profileEvent>[0], marketId: string, atMs: number) => {
  const { category, tags, probability, volume24h } = byId.get(marketId) ?? storedMarket(marketId);
  return profileEvent(eventType, atMs, {
    market: { id: marketId, category, tags, probability, volume24h: volume24h ?? 0 },
  });
};

const pageOf = ({ hero, grid, stream }: Feed): FeedItem[] => [
  ...(hero === null ? [] : [hero]),
  ...grid,
  ...stream,
];

async function pageFor(profile: FullProfile, nowMs: number, markets = catalog): Promise<FeedItem[]> {
  const { service } = feedOver(markets, { algorithm: 'v2', clock: { nowMs } });
  return pageOf(await service.feed({ userKey: 'ada', limit: 20 }, knows(profile)));
}

const countOf = (items: readonly FeedItem[], category: string): number =>
  items.filter(({ market }) => market.category === category).length;

describe('a user who', () => {
  it('clicks for the first time gets more of that category in the next feed', async () => {
    const { service } = feedOver(catalog, { algorithm: 'v2' });
    const before = pageOf(await service.feed({ userKey: 'ada', limit: 20 }, knows(profileAfter())));
    const clicked = profileAfter(event('CLICK', 'crypto-3', NOON_MS - 1_000));
    const after = pageOf(await service.feed({ userKey: 'ada', limit: 20 }, knows(clicked)));

    expect(countOf(after, 'Crypto')).toBeGreaterThan(countOf(before, 'Crypto'));
    expect(after.filter(({ slot }) => slot === 'PERSONAL')[0]?.market.category).toBe('Crypto');
  });

  it('is new has a next feed that follows each of the first clicks', async () => {
    const clicks = ['crypto-3', 'science-4', 'science-7'].map((id, index) =>
      event('CLICK', id, NOON_MS + index * MINUTE_MS),
    );
    const shares = await Promise.all(
      [0, 1, 2, 3].map(async (count) => {
        const page = await pageFor(profileAfter(...clicks.slice(0, count)), NOON_MS + 3 * MINUTE_MS);
        return { crypto: countOf(page, 'Crypto'), science: countOf(page, 'Science') };
      }),
    );
    const [none, one, , three] = shares;
    expect(one?.crypto).toBeGreaterThan(none?.crypto ?? NaN);
    expect(three?.science).toBeGreaterThan(one?.science ?? NaN);
  });

  it('is new sees what users of the same country and hour of the day follow', async () => {
    const others = new LiveSignals();
    const follow = (marketId: string, country: string, hour: number): void => {
      const market = signalMarket(byId.get(marketId) ?? storedMarket(marketId));
      for (let user = 0; user < 40; user += 1) {
        const atMs = NOON_MS - 2 * DAY_MS + hour * HOUR_MS + user;
        others.add({ atMs, userKey: `${country} ${marketId} ${user}`, country, market });
      }
    };
    follow('politics-7', 'IL', 0);
    follow('sports-5', 'US', 0);
    follow('science-2', 'US', 12);
    const features = { ...FEATURE_WEIGHTS, popular7d: 0, groupDemand: 0, touched: 0, popularHere: 1 };
    const signals = others.view();
    const model: RankingModel = {
      ...DEFAULT_MODEL,
      ...{ version: '1', learned: { v2: 1, features }, signals },
    };
    const scoresIn = async (country: string, hour: number): Promise<ReadonlyMap<string, number>> => {
      const clock = { nowMs: NOON_MS + hour * HOUR_MS };
      const { service } = feedOver(catalog, { algorithm: 'v2', model, clock });
      const page = pageOf(await service.feed({ country, limit: 50 }, anonymous));
      return new Map(page.map(({ market, scores }) => [market.id, scores.popularHere ?? 0]));
    };
    const [home, abroad, evening] = [
      await scoresIn('IL', 0),
      await scoresIn('US', 0),
      await scoresIn('US', 12),
    ];
    const of = (scores: ReadonlyMap<string, number>, id: string): number => scores.get(id) ?? NaN;
    expect(of(home, 'politics-7')).toBeGreaterThan(of(home, 'sports-5'));
    expect(of(abroad, 'politics-7')).toBeLessThan(of(abroad, 'sports-5'));
    expect(of(abroad, 'science-2')).toBeLessThan(of(abroad, 'sports-5'));
    expect(of(evening, 'science-2')).toBeGreaterThan(of(evening, 'sports-5'));
    expect([...home.values()].some((value) => value === 0)).toBe(true);
  });

  it('traded politics for a year sees politics again the morning after an evening of sports', async () => {
    const year = Array.from({ length: 122 }, (_, index) =>
      event('PARTICIPATE', `politics-${index % 12}`, NOON_MS - 365 * DAY_MS + index * 3 * DAY_MS),
    );
    const evening = Array.from({ length: 12 }, (_, index) =>
      event('CLICK', `sports-${index}`, NOON_MS + 8 * HOUR_MS + index * 2 * MINUTE_MS),
    );
    const profile = profileAfter(...year, ...evening);

    const late = await pageFor(profile, NOON_MS + 8 * HOUR_MS + 25 * MINUTE_MS);
    expect(countOf(late, 'Sports')).toBeGreaterThan(countOf(late, 'Crypto'));

    const nextMorning = await pageFor(profile, NOON_MS + 20 * HOUR_MS);
    const front = nextMorning.slice(0, 9);
    expect(countOf(front, 'Politics')).toBeGreaterThanOrEqual(countOf(front, 'Sports'));
    expect(countOf(nextMorning, 'Politics')).toBeGreaterThan(countOf(nextMorning, 'Science'));
  });

  it('ignored a card for three days does not see it until its odds move', async () => {
    const interest = [event('CLICK', 'science-0', NOON_MS - 4 * DAY_MS)];
    const shown = Array.from({ length: 18 }, (_, index) =>
      event('IMPRESSION', 'science-1', NOON_MS - 3 * DAY_MS - HOUR_MS + index * 4 * HOUR_MS),
    );
    const fresh = await pageFor(profileAfter(...interest), NOON_MS);
    expect(idsOf(fresh)).toContain('science-1');

    const ignoring = profileAfter(...interest, ...shown);
    expect(idsOf(await pageFor(ignoring, NOON_MS))).not.toContain('science-1');

    const moved = catalog.map((market) =>
      market.id === 'science-1' ? { ...market, probability: 0.6 } : market,
    );
    const movedItem = (await pageFor(ignoring, NOON_MS, moved)).find(
      ({ market }) => market.id === 'science-1',
    );
    expect(movedItem?.badge).toBe('MOVED');
  });

  it('clicks three rungs of a ladder sees the neighboring rungs next', async () => {
    const ladder = Array.from({ length: 24 }, (_, rung) =>
      storedMarket(`rung-${rung}`, {
        category: 'Crypto',
        title: `Will BTC close above $${80 + 2 * rung}k on Friday?`,
        tags: ['Bitcoin'],
      }),
    );
    const clicked = [10, 11, 12].map((rung, index) =>
      profileEvent('CLICK', NOON_MS - (3 - index) * MINUTE_MS, {
        market: { id: `rung-${rung}`, category: 'Crypto', tags: ['Bitcoin'], volume24h: 0 },
      }),
    );
    const page = await pageFor(profileAfter(...clicked), NOON_MS, [...catalog, ...ladder]);
    const rungs = idsOf(page).filter((id) => id.startsWith('rung-') && !/-1[012]$/.test(id));
    expect(rungs.slice(0, 2)).toEqual(['rung-13', 'rung-14']);
  });

  it('trades only markets that end this week sees more of those', async () => {
    const ending = (days: number) => ({ resolvesAt: new Date(NOON_MS + days * DAY_MS), closesAt: null });
    // Of each topic, every second market ends this week.
    const roundOf = (index: number): number => Math.floor(index / Object.keys(topics).length);
    const endsThisWeek = (index: number): boolean => roundOf(index) % 2 === 0;
    const markets = catalog.map((market, index) => ({ ...market, ...ending(endsThisWeek(index) ? 6 : 60) }));
    const traded = markets
      .filter((_, index) => roundOf(index) % 4 === 0)
      .map(({ id, category, tags }, index) =>
        profileEvent('PARTICIPATE', NOON_MS - (index + 1) * 5 * MINUTE_MS, {
          market: { id, category, tags, volume24h: 0 },
        }),
      );
    const others = new LiveSignals();
    for (const [index, market] of markets.entries())
      others.add({
        atMs: NOON_MS - DAY_MS,
        userKey: `user ${index}`,
        country: null,
        market: signalMarket(market),
      });
    const page = async (model: RankingModel): Promise<string[]> => {
      const { service } = feedOver(markets, { algorithm: 'v2', model });
      return idsOf(pageOf(await service.feed({ userKey: 'ada', limit: 20 }, knows(profileAfter(...traded)))));
    };
    const endingThisWeek = new Set(markets.filter((_, index) => endsThisWeek(index)).map(({ id }) => id));
    const countIn = (ids: readonly string[]): number => ids.filter((id) => endingThisWeek.has(id)).length;
    const signals = others.view();
    const features = { ...FEATURE_WEIGHTS, horizonUser: 0 };
    const without = await page({ ...DEFAULT_MODEL, version: '1', learned: { v2: 1, features }, signals });
    const learned = { v2: 1, features: { ...features, horizonUser: 0.2 } };
    expect(countIn(await page({ ...DEFAULT_MODEL, version: '2', learned, signals }))).toBeGreaterThan(
      countIn(without),
    );
  });

  it('is new and in Israel sees what trends in Israel', async () => {
    const { service } = feedOver(catalog, {
      algorithm: 'v2',
      globalTrend: { 'sports-1': 1, 'sports-2': 0.9 },
      localTrend: { 'politics-7': 1, 'crypto-9': 0.8, 'science-4': 0.6 },
    });
    const abroad = pageOf(await service.feed({ country: 'US', limit: 10 }, anonymous));
    const home = pageOf(await service.feed({ country: 'IL', limit: 10 }, anonymous));

    expect(idsOf(home)).toEqual(expect.arrayContaining(['politics-7', 'crypto-9']));
    expect(home.find(({ market }) => market.id === 'politics-7')?.slot).toMatch(/LOCAL|TRENDING/);
    expect(home.findIndex(({ market }) => market.id === 'politics-7')).toBeLessThan(
      (abroad.findIndex(({ market }) => market.id === 'politics-7') + 100) % 100,
    );
  });
});
