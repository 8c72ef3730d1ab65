import { Client } from 'pg';
import { xorshift128plus } from 'pure-rand/generator/xorshift128plus';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TrendingDocument } from '../../../src/generated/client/graphql.js';
import { EVENT_TYPES, type EventType } from '../../../src/domain/event.js';
import { HOUR_MS } from '../../../src/lib/time.js';
import { trendingScores, type TrendingRow } from '../../../src/scoring/shared/trending.js';
import { TrendComputations } from '../../../src/trends/trend-computations.js';
import { openReplica, startTestGateway, TEST_NOW_MS, type TestGateway } from '../../support/test-gateway.js';

const MARKETS = Array.from({ length: 12 }, (_, index) => `market-${index}`);

let gateway: TestGateway;
let other: Client;

beforeAll(async () => {
  gateway = await startTestGateway();
  other = new Client({ connectionString: gateway.databaseUrl });
  await other.connect();
  await gateway.addMarkets(...MARKETS.map((id) => ({ id })), { id: 'over', status: 'CLOSED' });
});

beforeEach(() => {
  // Later by more than the window, so that no event of an earlier test counts.
  gateway.clock.nowMs += 48 * HOUR_MS;
});

afterAll(async () => {
  await other.end();
  await gateway.close();
});

interface TestEvent {
  readonly userKey: string;
  readonly marketId: string;
  readonly eventType?: EventType;
  readonly country?: string;
  readonly hoursAgo?: number;
  readonly dwellMs?: number;
}

async function record(events: readonly TestEvent[]): Promise<void> {
  const results = await gateway.backend.history.importAll(
    events.map(({ hoursAgo = 0, ...event }) => ({
      eventType: 'PARTICIPATE',
      occurredAt: new Date(gateway.clock.nowMs - hoursAgo * HOUR_MS),
      ...event,
    })),
  );
  expect(results.filter(({ outcome }) => outcome !== 'RECORDED')).toEqual([]);
}

/** Recomputes the trends, and returns the scores by market. */
async function trendsIn(country: string | null = null) {
  await gateway.backend.services.trends.refresh();
  const { data, errors } = await gateway.run(TrendingDocument, { country, limit: 100 });
  if (!data) throw new Error(JSON.stringify(errors));
  const { scope, markets } = data.trending;
  return { scope, scores: Object.fromEntries(markets.map(({ market, score }) => [market.id, score])) };
}

const userKeys = (count: number, name = 'user') =>
  Array.from({ length: count }, (_, index) => `${name}-${index}`);

describe('a trend', () => {
  it('equals the formula for the stored events, globally and in each country', async () => {
    const random = xorshift128plus(20_260_615);
    const pick = <Item>(items: readonly Item[]): Item | undefined =>
      items[uniformInt(random, 0, items.length - 1)];
    const countryOf = ['IL', 'IL', 'DE', 'DE', 'FR', undefined];
    await record(
      Array.from({ length: 1_500 }, () => {
        const user = uniformInt(random, 0, 149);
        const country = countryOf[user % countryOf.length];
        return {
          userKey: `random-${user}`,
          // The first markets have more events, as in real traffic.
          marketId: MARKETS[Math.min(uniformInt(random, 0, 11), uniformInt(random, 0, 14))] ?? 'over',
          eventType: pick(EVENT_TYPES) ?? 'CLICK',
          hoursAgo: uniformInt(random, 0, 30 * 3_600) / 3_600,
          dwellMs: uniformInt(random, 0, 40_000),
          ...(country === undefined ? {} : { country }),
        };
      }),
    );
    const { rows } = await other.query<TrendingRow & { country: string | null; at: Date }>(
      `select user_key as "userKey", market_id as "marketId", weight, country, occurred_at as at from interactions
        where market_id <> 'over'`,
    );
    const events = rows.map((row) => ({ ...row, atMs: row.at.getTime() }));
    const { trending } = gateway.backend.liveConfig.current.config;
    for (const country of [null, 'IL', 'DE', 'FR']) {
      const inScope = events.filter((event) => country === null || event.country === country);
      const expected = trendingScores(inScope, gateway.clock.nowMs, trending);
      const { scope, scores } = await trendsIn(country);
      expect(scope).toBe(country === null ? 'GLOBAL' : 'LOCAL');
      expect(Object.keys(scores).sort()).toEqual([...expected.keys()].sort());
      for (const [id, score] of expected)
        expect(scores[id], `${country ?? 'everywhere'} ${id}`).toBeCloseTo(score, 9);
    }
  });

  it('increases by at most the cap for one user with 10,000 events, and ranks below 20 users with one event each', async () => {
    await record(userKeys(20).map((userKey) => ({ userKey, marketId: 'market-0' })));
    const quiet = await trendsIn();
    await record(Array.from({ length: 10_000 }, () => ({ userKey: 'busy', marketId: 'market-1' })));
    await record([{ userKey: 'busy', marketId: 'market-0' }]);
    const { scores } = await trendsIn();
    expect(quiet.scores).toEqual({ 'market-0': 1 });
    expect(scores).toEqual({ 'market-0': 1, 'market-1': 8 / (21 * 6) });
  });

  it('ignores negative weights, and decays positive ones with a half-life of 6 hours', async () => {
    await record([
      { userKey: 'a', marketId: 'market-0' },
      { userKey: 'a', marketId: 'market-1', hoursAgo: 6 },
      { userKey: 'a', marketId: 'market-2', hoursAgo: 12 },
      { userKey: 'b', marketId: 'market-2', eventType: 'HIDE' },
      { userKey: 'b', marketId: 'market-3', eventType: 'NOT_INTERESTED' },
      { userKey: 'b', marketId: 'market-4', eventType: 'IMPRESSION' },
    ]);
    expect((await trendsIn()).scores).toEqual({ 'market-0': 1, 'market-1': 0.5, 'market-2': 0.25 });
  });

  it('counts the window including its edge', async () => {
    await record([
      { userKey: 'a', marketId: 'market-0', hoursAgo: 24 },
      { userKey: 'a', marketId: 'market-1', hoursAgo: 24 + 1 / HOUR_MS },
    ]);
    expect((await trendsIn()).scores).toEqual({ 'market-0': 1 });
  });

  it('excludes markets that are not open', async () => {
    await record([
      { userKey: 'a', marketId: 'market-10' },
      { userKey: 'a', marketId: 'market-11' },
      { userKey: 'a', marketId: 'over' },
    ]);
    expect(Object.keys((await trendsIn()).scores)).toEqual(['market-10', 'market-11']);
    await gateway.addMarkets({ id: 'market-11', status: 'CLOSED' });
    expect(Object.keys((await trendsIn()).scores)).toEqual(['market-10']);
    await gateway.addMarkets({ id: 'market-11', status: 'OPEN' });
  });

  it('is empty without events', async () => {
    expect(await trendsIn('IL')).toEqual({ scope: 'GLOBAL', scores: {} });
  });

  it('accepts events whose weight has decayed to almost 0', async () => {
    await record([
      { userKey: 'a', marketId: 'market-0', hoursAgo: 20 },
      { userKey: 'a', marketId: 'market-1' },
    ]);
    const { store, liveConfig } = gateway.backend;
    const computations = new TrendComputations({
      store,
      config: () => ({ ...liveConfig.current.config.trending, halfLifeHours: 1 / 60 }),
      clock: () => gateway.clock.nowMs,
    });
    await computations.trends();
    await gateway.backend.services.trends.load();
    const reader = gateway.backend.services.trends.state.reader(null);
    expect(reader.trendingGlobal('market-1')).toBe(1);
    expect(reader.trendingGlobal('market-0')).toBeLessThan(1e-100);
  });
});

describe('the trend of a country', () => {
  it('is used from 20 users on, independently of the global trend', async () => {
    await record([
      ...userKeys(30, 'french').map((userKey) => ({ userKey, marketId: 'market-0', country: 'FR' })),
      ...userKeys(19, 'israeli').map((userKey) => ({ userKey, marketId: 'market-1', country: 'IL' })),
    ]);
    expect(await trendsIn('IL')).toEqual({ scope: 'GLOBAL', scores: { 'market-0': 1, 'market-1': 19 / 30 } });
    await record([{ userKey: 'israeli-0', marketId: 'market-1', country: 'IL' }]);
    expect((await trendsIn('IL')).scope).toBe('GLOBAL');
    await record([{ userKey: 'israeli-19', marketId: 'market-2', country: 'IL', eventType: 'VIEW_MARKET' }]);
    const { scope, scores } = await trendsIn('il');
    expect(scope).toBe('LOCAL');
    expect(scores).toEqual({ 'market-1': 1, 'market-2': expect.closeTo(2 / (18 * 6 + 8), 9) as number });
    expect((await trendsIn('US')).scope).toBe('GLOBAL');
  });

  it('counts a user in each of their countries, and globally only up to the cap', async () => {
    await record([
      ...userKeys(19, 'israeli').map((userKey) => ({ userKey, marketId: 'market-1', country: 'IL' })),
      ...userKeys(19, 'german').map((userKey) => ({ userKey, marketId: 'market-1', country: 'DE' })),
      { userKey: 'traveller', marketId: 'market-0', country: 'IL' },
      { userKey: 'traveller', marketId: 'market-0', country: 'DE' },
      { userKey: 'traveller', marketId: 'market-2', country: 'DE' },
    ]);
    const total = 2 * 19 * 6;
    expect((await trendsIn()).scores).toEqual({
      'market-1': 1,
      'market-0': expect.closeTo(8 / total, 9) as number,
      'market-2': expect.closeTo(6 / total, 9) as number,
    });
    const inOne = expect.closeTo(6 / (19 * 6), 9) as number;
    expect(await trendsIn('IL')).toEqual({ scope: 'LOCAL', scores: { 'market-1': 1, 'market-0': inOne } });
    expect(await trendsIn('DE')).toEqual({
      scope: 'LOCAL',
      scores: { 'market-1': 1, 'market-0': inOne, 'market-2': inOne },
    });
  });
});

it('returns the strongest first, up to the limit', async () => {
  const events = MARKETS.flatMap((marketId, index) =>
    userKeys(index + 1).map((userKey) => ({ userKey, marketId })),
  );
  await record(events);
  await gateway.backend.services.trends.refresh();
  const { data } = await gateway.run(TrendingDocument, { limit: 3 });
  expect(data?.trending.markets).toMatchObject([
    { rank: 1, score: 1, market: { id: 'market-11' } },
    { rank: 2, score: 11 / 12, market: { id: 'market-10' } },
    { rank: 3, score: 10 / 12, market: { id: 'market-9' } },
  ]);
});

it('excludes ended and blocked markets before it applies the limit', async () => {
  const soonOver = new Date(gateway.clock.nowMs + HOUR_MS);
  await gateway.addMarkets(
    { id: 'blocked-there', blockedCountries: ['DE'] },
    { id: 'soon-over', resolvesAt: soonOver },
    { id: 'soon-closed' },
  );
  const events = ['soon-closed', 'soon-over', 'blocked-there', 'market-1', 'market-2'].flatMap(
    (marketId, index) => userKeys(9 - index).map((userKey) => ({ userKey, marketId })),
  );
  await record(events);
  await gateway.backend.services.trends.refresh();
  const strongest = async (country: string | null = null) => {
    const { data } = await gateway.run(TrendingDocument, { country, limit: 2 });
    return data?.trending.markets.map(({ rank, market }) => `${rank} ${market.id}`);
  };
  expect(await strongest()).toEqual(['1 soon-closed', '2 soon-over']);
  await gateway.addMarkets({ id: 'soon-closed', status: 'CLOSED' });
  expect(await strongest()).toEqual(['1 soon-over', '2 blocked-there']);
  gateway.clock.nowMs = soonOver.getTime();
  expect(await strongest()).toEqual(['1 blocked-there', '2 market-1']);
  expect(await strongest('de')).toEqual(['1 market-1', '2 market-2']);
});

it('is computed by one of several processes at a time, and loaded by all of them', async () => {
  const second = await openReplica(gateway);
  try {
    await record([{ userKey: 'a', marketId: 'market-5' }]);
    const services = [gateway.backend.services, second.services];
    await Promise.all(Array.from({ length: 4 }, () => services.map(({ trends }) => trends.refresh())).flat());
    for (const { trends } of services) {
      await trends.load();
      const reader = trends.state.reader(null);
      expect(MARKETS.map((id) => reader.trendingGlobal(id))).toEqual(
        MARKETS.map((id) => (id === 'market-5' ? 1 : 0)),
      );
    }
  } finally {
    await second.close();
  }
});

it('ranks by the move of the log-odds since the snapshot of 24 hours ago', async () => {
  const startMs = (gateway.clock.nowMs = TEST_NOW_MS + 1_000 * HOUR_MS);
  const risingOf = async () => {
    await gateway.backend.services.trends.refresh();
    const { data } = await gateway.query(
      '{ rankMarkets(marketIds: ["moving", "new"], algorithm: V1) { rankedMarkets { id scores { rising } } } }',
    );
    const { rankedMarkets: ranked } = data?.['rankMarkets'] as {
      rankedMarkets: { id: string; scores: { rising: number } }[];
    };
    return Object.fromEntries(ranked.map(({ id, scores }) => [id, scores.rising]));
  };
  await gateway.addMarkets({ id: 'moving', probability: 0.4 });
  gateway.clock.nowMs = startMs + HOUR_MS;
  await gateway.addMarkets({ id: 'moving', probability: 0.9 });
  gateway.clock.nowMs = startMs + 24 * HOUR_MS - 1;
  await gateway.addMarkets({ id: 'moving', probability: 0.5 }, { id: 'new', probability: 0.1 });
  await gateway.addMarkets({ id: 'new', probability: 0.8 });
  expect(await risingOf()).toEqual({ moving: 0, new: 0 });
  gateway.clock.nowMs = startMs + 24 * HOUR_MS;
  expect(await risingOf()).toEqual({ moving: expect.closeTo(0.5, 9) as number, new: 0 });
  gateway.clock.nowMs = startMs + 25 * HOUR_MS;
  expect(await risingOf()).toEqual({ moving: 1, new: 0 });
});
