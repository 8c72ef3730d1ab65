import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Backend } from '../../../src/app/backend.js';
import { MINUTE_MS } from '../../../src/lib/time.js';
import { openReplica, startTestGateway, type TestGateway } from '../../support/test-gateway.js';

const MARKETS = Array.from({ length: 30 }, (_, index) => `market-${index}`);

let gateway: TestGateway;
let replica: Backend;
let database: Client;

beforeAll(async () => {
  gateway = await startTestGateway();
  await gateway.addMarkets(...MARKETS.map((id, index) => ({ id, title: `Will number ${index} win?` })));
  replica = await openReplica(gateway);
  database = new Client({ connectionString: gateway.databaseUrl });
  await database.connect();
});

afterAll(async () => {
  await database.end();
  await replica.close();
  await gateway.close();
});

interface Served {
  readonly id: string;
  readonly items: readonly {
    rank: number;
    marketId: string;
    slot: string | null;
    propensity: number | null;
  }[];
  readonly configVersion: string;
}

async function serve(userKey: string | null, backend = gateway.backend): Promise<Served> {
  const { id, configVersion, hero, grid, stream } = await backend.services.feed.feed({ userKey, limit: 20 });
  const items = [...(hero === null ? [] : [hero]), ...grid, ...stream].map(
    ({ rank, market, slot, propensity }) => ({ rank, marketId: market.id, slot, propensity }),
  );
  return { id, items, configVersion };
}

interface Row {
  readonly served_feed_id: string | null;
  readonly served_rank: number | null;
  readonly served_slot: string | null;
  readonly propensity: number | null;
  readonly algorithm_version: string | null;
  readonly config_version: string | null;
  readonly model_version: string | null;
}

/** Records an event, and returns its attribution as stored. */
async function record(
  event: { userKey: string; marketId: string; feedId?: string },
  backend = gateway.backend,
): Promise<Row> {
  const { interactionId } = await backend.services.tracking.track({ eventType: 'CLICK', ...event });
  const { rows } = await database.query<Row>(
    `select served_feed_id, served_rank, served_slot, propensity, algorithm_version, config_version, model_version
     from interactions i left join servings s on s.id = i.serving_id where i.id = $1`,
    [interactionId],
  );
  return rows[0] as Row;
}

const NOTHING = {
  ...{ served_feed_id: null, served_rank: null, served_slot: null, propensity: null },
  ...{ algorithm_version: null, config_version: null, model_version: null },
};

describe('an event that names a feed', () => {
  it('has the place of its market in the feed, and the versions of the feed', async () => {
    const { id, items, configVersion } = await serve('ann');
    const explored = items.find(({ propensity }) => propensity !== null);
    const other = items.find(({ propensity }) => propensity === null);
    for (const item of [explored, other]) {
      expect(await record({ userKey: 'ann', marketId: item?.marketId ?? '', feedId: id })).toEqual({
        served_feed_id: id,
        served_rank: item?.rank,
        served_slot: item?.slot,
        propensity: item?.propensity,
        algorithm_version: 'v2',
        config_version: configVersion,
        model_version: 'default',
      });
    }
  });

  it('has it on a replica that did not serve the feed, also for a market behind the page', async () => {
    const { id, items } = await serve('ann');
    await vi.waitFor(async () => {
      expect((await database.query('select 1 from served_feeds where feed_id = $1', [id])).rowCount).toBe(1);
    });
    const later = MARKETS.find((market) => !items.some(({ marketId }) => marketId === market)) ?? '';
    const stored = await record({ userKey: 'ann', marketId: later, feedId: id.toUpperCase() }, replica);
    expect(stored).toMatchObject({ served_feed_id: id, served_slot: 'PERSONAL', propensity: null });
    expect(stored.served_rank).toBeGreaterThan(20);
  });

  it('has none if the feed is unknown, of another user, or without the market', async () => {
    const { id, items } = await serve('bob');
    const marketId = items[0]?.marketId ?? '';
    expect(await record({ userKey: 'cleo', marketId, feedId: id })).toEqual(NOTHING);
    expect(await record({ userKey: 'bob', marketId, feedId: 'from-an-old-client' })).toEqual(NOTHING);
    expect(
      await record({ userKey: 'bob', marketId, feedId: '01968000-0000-7000-8000-000000000000' }),
    ).toEqual(NOTHING);
    await gateway.addMarkets({ id: 'closed', status: 'CLOSED' });
    expect(await record({ userKey: 'bob', marketId: 'closed', feedId: id })).toEqual(NOTHING);
  });

  it('may name a feed that anonymous users saw', async () => {
    const { id, items } = await serve(null);
    const stored = await record({ userKey: 'dan', marketId: items[2]?.marketId ?? '', feedId: id });
    expect(stored).toMatchObject({ served_feed_id: id, served_rank: 3 });
  });
});

describe('an event that names no feed', () => {
  it('belongs to the last feed that showed its market within 30 minutes', async () => {
    const first = await serve('eve');
    const clicked = first.items[1]?.marketId ?? '';
    await record({ userKey: 'eve', marketId: first.items[0]?.marketId ?? '' });
    const second = await serve('eve');
    expect(second.id).not.toBe(first.id);
    expect(await record({ userKey: 'eve', marketId: clicked })).toMatchObject({ served_feed_id: second.id });

    gateway.clock.nowMs += 29 * MINUTE_MS;
    expect((await record({ userKey: 'eve', marketId: clicked })).served_feed_id).toBe(second.id);
    gateway.clock.nowMs += 2 * MINUTE_MS;
    expect(await record({ userKey: 'eve', marketId: clicked })).toEqual(NOTHING);
  });

  it('has none before the user saw a feed', async () => {
    expect(await record({ userKey: 'fay', marketId: 'market-1' })).toEqual(NOTHING);
  });
});

describe('attribution', () => {
  it('costs no statement for events of users who saw no feed, and none once the versions are known', async () => {
    await gateway.backend.services.tracking.track({
      userKey: 'gil',
      marketId: 'market-1',
      eventType: 'CLICK',
    });
    const ofUnknown = await statementsOf(() => record({ userKey: 'gil', marketId: 'market-2' }));
    const { items } = await serve('gil');
    await record({ userKey: 'gil', marketId: items[0]?.marketId ?? '' });
    const ofKnown = await statementsOf(() => record({ userKey: 'gil', marketId: items[1]?.marketId ?? '' }));
    expect(ofKnown).toBe(ofUnknown);
  });
});

async function statementsOf(work: () => Promise<unknown>): Promise<number> {
  gateway.statements.length = 0;
  await work();
  return gateway.statements.length;
}
