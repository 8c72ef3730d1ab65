import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadRankingConfig } from '../../../src/config/ranking-config.js';
import { DAY_MS } from '../../../src/lib/time.js';
import { decayConfig } from '../../../src/profiles/profile-decay.js';
import { ProfileUpkeep } from '../../../src/profiles/profile-upkeep.js';
import { startTestGateway, TEST_NOW_MS, type TestGateway } from '../../support/test-gateway.js';

let gateway: TestGateway;

beforeEach(async () => {
  gateway = await startTestGateway();
  await gateway.addMarkets({ id: 'm1' }, { id: 'm2' });
  await gateway.backend.history.importAll(
    ['ada', 'bad', 'cleo'].map((userKey) => ({
      ...{ userKey, marketId: 'm1', eventType: 'PARTICIPATE', country: 'FR' },
      occurredAt: new Date(TEST_NOW_MS - 400 * DAY_MS),
    })),
  );
  gateway.clock.nowMs += 3_600_000;
});

afterEach(() => gateway.close());

/** Stores bytes in a column of the profile of `bad`. */
async function damage(column: 'state' | 'lifetime' | 'recent', hex: string): Promise<void> {
  const client = new Client({ connectionString: gateway.databaseUrl });
  await client.connect();
  await client.query(`update profiles set ${column} = decode($1, 'hex') where user_key = 'bad'`, [hex]);
  await client.end();
}

const feedOf = async (userKey: string): Promise<unknown> =>
  (await gateway.query(`{ feed(userKey: "${userKey}") { degraded personalized } }`)).data;

const personalized = { feed: { degraded: false, personalized: true } };

describe.each([
  ['truncated', '02ff'],
  ['in a later format', '7f00'],
])('a profile whose state is %s', (_what, hex) => {
  beforeEach(() => damage('state', hex));

  it('degrades the feeds of its user only', async () => {
    const [bad, ada] = await Promise.all([feedOf('bad'), feedOf('ada')]);
    expect(bad).toMatchObject({ feed: { degraded: true } });
    expect(ada).toEqual(personalized);
    for (let feeds = 0; feeds < 6; feeds += 1) await feedOf('bad');
    expect(await feedOf('cleo')).toEqual(personalized);
  });

  it('does not prevent recording events without a country', async () => {
    const results = await Promise.all(
      ['bad', 'ada'].map((userKey) =>
        gateway.backend.services.tracking.track({ userKey, marketId: 'm2', eventType: 'CLICK' }),
      ),
    );
    expect(results.map(({ status }) => status)).toEqual(['RECORDED', 'RECORDED']);
  });

  it('is rebuilt from the events', async () => {
    await gateway.backend.rebuildProfile('bad');
    expect(await feedOf('bad')).toEqual(personalized);
  });
});

it.each([
  ['state', '7f00'],
  ['recent', '05'],
] as const)(
  'the upkeep skips a profile whose %s cannot be decoded, and examines the others',
  async (column, hex) => {
    await damage(column, hex);
    const { store } = gateway.backend;
    const config = loadRankingConfig(undefined);
    const upkeep = new ProfileUpkeep({
      ...{ store, decay: decayConfig(config), config: () => config },
      profiles: { invalidate: () => undefined },
    });
    const now = new Date(gateway.clock.nowMs);
    expect(await upkeep.run({ now, signal: new AbortController().signal })).toMatchObject({
      ...{ examined: 3, changed: 2, unreadable: 1 },
    });
  },
);
