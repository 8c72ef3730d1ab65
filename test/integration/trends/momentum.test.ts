import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { pino } from 'pino';
import { openBackend } from '../../../src/app/backend.js';
import { readSettings } from '../../../src/config/settings.js';
import { startGateway } from '../../../src/app/gateway.js';
import { RisingDocument } from '../../../src/generated/client/graphql.js';
import type { EventType } from '../../../src/domain/event.js';
import { HOUR_MS, MINUTE_MS } from '../../../src/lib/time.js';
import { startTestGateway, TEST_NOW_MS, type TestGateway } from '../../support/test-gateway.js';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
});

beforeEach(() => {
  // Later by more than a day, so that no event of an earlier test counts.
  gateway.clock.nowMs += 72 * HOUR_MS;
});

afterAll(() => gateway.close());

async function record(marketId: string, eventType: EventType, minutesAgo: readonly number[]): Promise<void> {
  const results = await gateway.backend.history.importAll(
    minutesAgo.map((minutes, index) => ({
      ...{ userKey: `user-${index}`, marketId, eventType },
      occurredAt: new Date(gateway.clock.nowMs - minutes * MINUTE_MS),
    })),
  );
  expect(results.filter(({ outcome }) => outcome !== 'RECORDED')).toEqual([]);
}

async function momentumOf(id: string): Promise<unknown> {
  await gateway.backend.services.trends.refresh();
  const { data } = await gateway.query(
    `query ($id: ID!) { market(id: $id) { momentum {
       fiveMinutes: activity(window: FIVE_MINUTES) { ...Counts } hour: activity(window: HOUR) { ...Counts }
       activity { ...Counts }
       probabilityChange1h probabilityChange24h volumeRatio24h participantChange24h computedAt } } }
     fragment Counts on MarketActivity { views participations }`,
    { id },
  );
  return (data?.['market'] as { momentum: unknown }).momentum;
}

describe('the momentum of a market', () => {
  it('counts only views and trades within 5 minutes, 1 hour and 24 hours', async () => {
    await gateway.addMarkets({ id: 'busy' }, { id: 'quiet' });
    await record('busy', 'VIEW_MARKET', [0, 4, 6, 59, 61, 60 * 23, 60 * 25]);
    await record('busy', 'CLICK', [1]);
    await record('busy', 'PARTICIPATE', [2, 30, 600, 60 * 24 + 1]);
    await record('busy', 'IMPRESSION', [1, 2, 3]);
    await record('busy', 'COMMENT', [1]);
    expect(await momentumOf('busy')).toMatchObject({
      fiveMinutes: { views: 3, participations: 1 },
      hour: { views: 5, participations: 2 },
      activity: { views: 7, participations: 3 },
    });
    expect(await momentumOf('quiet')).toMatchObject({ activity: { views: 0, participations: 0 } });
  });

  it('compares probability, volume and participants with the snapshots of 1 and 24 hours ago', async () => {
    const startMs = gateway.clock.nowMs;
    const at = async (hours: number, probability: number, volume24h: number, participantCount: number) => {
      gateway.clock.nowMs = startMs + hours * HOUR_MS;
      await gateway.addMarkets({ id: 'moving', probability, volume24h, participantCount });
    };
    await at(0, 0.2, 100, 10);
    await at(20, 0.3, 150, 20);
    await at(23.5, 0.5, 400, 25);
    gateway.clock.nowMs = startMs + 24 * HOUR_MS;
    expect(await momentumOf('moving')).toMatchObject({
      ...{
        probabilityChange1h: expect.closeTo(0.2, 9) as number,
        probabilityChange24h: expect.closeTo(0.3, 9) as number,
      },
      ...{ volumeRatio24h: 4, participantChange24h: 15 },
      computedAt: new Date(gateway.clock.nowMs).toISOString(),
    });
  });

  it('is null where unknown for a new market, and absent for one that is not open', async () => {
    await gateway.addMarkets({ id: 'new', probability: 0.5 }, { id: 'over', status: 'CLOSED' });
    expect(await momentumOf('new')).toMatchObject({
      ...{
        probabilityChange1h: null,
        probabilityChange24h: null,
        volumeRatio24h: null,
        participantChange24h: null,
      },
    });
    expect(await momentumOf('over')).toBeNull();
  });
});

describe('rising', () => {
  it('ranks visible markets by the move of their log-odds, weighted by volume', async () => {
    const startMs = gateway.clock.nowMs;
    const markets = [
      { id: 'leaps', volume24h: 1_000, probability: 0.5, then: 0.8 },
      { id: 'leaps-unseen', volume24h: 1, probability: 0.5, then: 0.8 },
      { id: 'steps', volume24h: 1_000, probability: 0.5, then: 0.55 },
      { id: 'stays', volume24h: 9_000, probability: 0.5, then: 0.5 },
      { id: 'blocked', volume24h: 5_000, probability: 0.5, then: 0.9, blockedCountries: ['IL'] },
    ];
    await gateway.addMarkets(
      ...markets.map(({ id, volume24h, probability, blockedCountries = [] }) => ({
        ...{ id, volume24h, probability, blockedCountries },
      })),
    );
    gateway.clock.nowMs = startMs + 24 * HOUR_MS;
    await gateway.addMarkets(...markets.map(({ id, then }) => ({ id, probability: then })));
    await gateway.backend.services.trends.refresh();
    const rising = async (country: string | null, limit = 10) => {
      const { data } = await gateway.run(RisingDocument, { country, limit });
      return data?.rising.markets.map(({ rank, market, score }) => [
        rank,
        market.id,
        Math.round(score * 100) / 100,
      ]);
    };
    const most = Math.log1p(5_000) * Math.log(9);
    const share = (volume: number, odds: number): number =>
      Math.round((100 * Math.log1p(volume) * Math.log(odds)) / most) / 100;
    const rest = [
      ['leaps', share(1_000, 4)],
      ['steps', share(1_000, 0.55 / 0.45)],
      ['leaps-unseen', share(1, 4)],
    ] as const;
    expect(await rising(null)).toEqual([
      [1, 'blocked', 1],
      ...rest.map(([id, score], index) => [index + 2, id, score]),
    ]);
    expect(await rising('IL', 2)).toEqual(
      rest.slice(0, 2).map(([id, score], index) => [index + 1, id, score]),
    );
    await gateway.addMarkets({ id: 'leaps', probability: 0.5 });
    expect((await rising('IL', 1))?.[0]?.[1]).toBe('steps');
  });

  it('rejects a limit out of range with the allowed range', async () => {
    expect((await gateway.run(RisingDocument, { limit: 101 })).errors).toMatchObject([
      { message: 'limit must be at most 100.', extensions: { code: 'BAD_USER_INPUT', field: 'limit' } },
    ]);
  });
});

it('is loaded by another replica within two seconds after the computation', async () => {
  const options = {
    settings: readSettings({ DATABASE_URL: gateway.databaseUrl, PORT: '0', NODE_ENV: 'test' }),
    logger: pino({ level: 'silent' }),
    clock: () => TEST_NOW_MS,
  };
  const backend = await openBackend(options);
  const replica = await startGateway(backend, options);
  try {
    await gateway.addMarkets({ id: 'other-replica' });
    await record('other-replica', 'CLICK', [1]);
    await gateway.backend.services.trends.refresh();
    await vi.waitFor(
      () => {
        expect(backend.services.trending.momentum('other-replica')).toMatchObject({ views5m: 1 });
      },
      { timeout: 2_000, interval: 20 },
    );
  } finally {
    await replica.stop();
    await backend.close();
  }
});
