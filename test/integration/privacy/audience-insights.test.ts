import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backend } from '../../../src/app/backend.js';
import {
  AudienceInsightsDocument,
  type AudienceInsightsQueryVariables,
} from '../../../src/generated/staff/graphql.js';
import { BellwetherError } from '../../../src/lib/errors.js';
import { DAY_MS, HOUR_MS } from '../../../src/lib/time.js';
import { queryDatabase } from '../../support/test-database.js';
import { openReplica, startTestGateway, TEST_NOW_MS, type TestGateway } from '../../support/test-gateway.js';

const USERS = 600;

let gateway: TestGateway;
let other: Backend;

beforeAll(async () => {
  gateway = await startTestGateway();
  other = await openReplica(gateway);
  await gateway.addMarkets(
    { id: 'rain', category: 'Weather', tags: ['Rain'] },
    { id: 'cup', category: 'Sports', tags: ['Football'] },
  );
  const days = ['2026-06-14', '2026-06-13', '2026-06-12', '2026-06-11', '2026-06-10'];
  await gateway.backend.history.importAll(
    days.flatMap((day) => [
      ...Array.from({ length: USERS }, (_, user) => eventOf(day, `user-${user}`, 'rain', 'FR')),
      ...Array.from({ length: 5 }, (_, user) => eventOf(day, `user-${user}`, 'cup', 'DE')),
    ]),
  );
});

afterAll(async () => {
  await other.close();
  await gateway.close();
});

const eventOf = (day: string, userKey: string, marketId: string, country: string) => ({
  ...{ userKey, marketId, country, eventType: 'VIEW_MARKET' },
  occurredAt: new Date(Date.parse(day) + HOUR_MS),
});

async function insights(variables: AudienceInsightsQueryVariables) {
  const { data, errors } = await gateway.run(AudienceInsightsDocument, variables);
  if (!data) throw new Error(JSON.stringify(errors));
  return data.audienceInsights;
}

describe('a release', () => {
  it('has the noisy users of large cells, suppresses small ones, and states its noise and loss', async () => {
    const { cells, ...stated } = await insights({ day: '2026-06-14', kind: 'CATEGORY' });
    expect(cells).toEqual([
      { topic: { key: 'weather', label: 'Weather' }, country: 'FR', users: expect.any(Number) as number },
    ]);
    // The noise exceeds 300 with a probability of exp(−300/8).
    expect(Math.abs((cells[0]?.users ?? 0) - USERS)).toBeLessThan(300);
    expect(stated).toEqual({
      ...{ noise: 'LAPLACE', standardDeviation: expect.closeTo(11.3, 1) as number, threshold: 105 },
      ...{ cellsPerUser: 4, releasedAt: new Date(TEST_NOW_MS).toISOString() },
      ...{ epsilon: 0.5, delta: 5e-6, epsilonLeft: 0.5, deltaLeft: 5e-6 },
    });
  });

  it('is the same for each request and replica, and costs once, also when its day is past the retention', async () => {
    const request = { day: '2026-06-14', kind: 'CATEGORY' } as const;
    const first = await insights(request);
    for (let each = 0; each < 3; each += 1) expect(await insights(request)).toEqual(first);
    const released = await other.services.audience.find(request);
    expect(released.cells.map(({ users }) => users)).toEqual(first.cells.map(({ users }) => users));
    gateway.clock.nowMs += 400 * DAY_MS;
    expect(await insights(request)).toEqual(first);
    gateway.clock.nowMs = TEST_NOW_MS;
    expect(first.epsilonLeft).toBe(0.5);
  });

  it('returns the cells of one country, up to the limit', async () => {
    const request = { day: '2026-06-14', kind: 'CATEGORY' } as const;
    expect((await insights({ ...request, country: 'fr', limit: 1 })).cells).toHaveLength(1);
    expect((await insights({ ...request, country: 'DE' })).cells).toEqual([]);
  });

  it('is stored without a user key', async () => {
    const rows = await queryDatabase(gateway.databaseUrl, 'select r::text as row from audience_releases r');
    expect(rows.length).toBeGreaterThan(0);
    expect(JSON.stringify(rows)).not.toContain('user-');
  });
});

describe('the budget of a day', () => {
  it('allows two releases, then rejects others with the time of the next budget', async () => {
    const day = '2026-06-13';
    await insights({ day, kind: 'CATEGORY', byCountry: false });
    const last = await insights({ day, kind: 'TAG', byCountry: false });
    expect(last).toMatchObject({ epsilonLeft: 0, deltaLeft: 0 });
    const { errors } = await gateway.run(AudienceInsightsDocument, { day, kind: 'TAG', byCountry: true });
    expect(errors).toMatchObject([
      {
        message:
          'The privacy budget of 2026-06-13 is spent: ε 1 and δ 0.00001 allow 2 releases of its events, and it is not ' +
          'renewed. Request the cells that were released, or another day: the budget of 2026-06-15 is available from ' +
          '2026-06-16T00:00:00.000Z on.',
        extensions: { code: 'LIMIT_EXCEEDED', field: 'day' },
      },
    ]);
    expect(await insights({ day, kind: 'TAG', byCountry: false })).toEqual(last);
  });

  it('is shared by 20 concurrent requests of two replicas for four sets of cells', async () => {
    const day = '2026-06-12';
    const requests = Array.from({ length: 20 }, (_, index) => ({
      services: index % 2 === 0 ? gateway.backend.services : other.services,
      input: {
        ...{ day, kind: index % 4 < 2 ? 'CATEGORY' : 'TAG', byCountry: index % 8 < 4 },
      },
    }));
    const outcomes = await Promise.all(
      requests.map(({ services, input }) =>
        services.audience.find(input).then(
          ({ cells }) => JSON.stringify([input, cells]),
          (error: unknown) => (error instanceof BellwetherError ? error.code : String(error)),
        ),
      ),
    );
    const served = outcomes.filter((outcome) => outcome !== 'LIMIT_EXCEEDED');
    expect(served.filter((outcome) => !outcome.startsWith('['))).toEqual([]);
    // All requests for the same cells got the same noise.
    expect(new Set(served).size).toBe(2);
    expect(served.length).toBeGreaterThanOrEqual(2);
    expect(outcomes.length).toBeGreaterThan(served.length);
    const spent = await queryDatabase(
      gateway.databaseUrl,
      `select epsilon_millionths as epsilon, delta_trillionths as delta,
        (select count(*)::int from audience_releases r where r.day = b.day) as releases
       from privacy_budgets b where day = '${day}'`,
    );
    expect(spent).toEqual([{ epsilon: 1_000_000, delta: 10_000_000, releases: 2 }]);
  });

  it('is not spent by a count that fails', async () => {
    const day = '2026-06-11';
    await queryDatabase(gateway.databaseUrl, 'alter table market_tags rename to market_tags_away');
    const { errors } = await gateway.run(AudienceInsightsDocument, { day, kind: 'TAG' });
    await queryDatabase(gateway.databaseUrl, 'alter table market_tags_away rename to market_tags');
    expect(errors).toMatchObject([{ extensions: { code: 'UNAVAILABLE' } }]);
    expect(await insights({ day, kind: 'TAG' })).toMatchObject({ epsilonLeft: 0.5 });
  });
});

it.each([
  [
    { day: '2026-06-15' },
    'day',
    'day must be from 2025-12-18, the first whose events are all stored, to 2026-06-14',
  ],
  [{ day: '2025-12-17' }, 'day', 'day must be from 2025-12-18'],
  [{ day: '2026-02-30' }, 'day', 'day must be a day, such as 2026-06-15.'],
  [{ day: '2026-06-14T00:00:00Z' }, 'day', 'day must be a day'],
  [{ day: '2026-06-14', byCountry: false, country: 'FR' }, 'country', 'country requires byCountry: true.'],
  [{ day: '2026-06-14', country: 'Atlantis' }, 'country', 'country must be an ISO 3166-1 country code'],
  [{ day: '2026-06-14', limit: 101 }, 'limit', 'limit must be at most 100.'],
])('rejects %o', async (variables, field, message) => {
  const { errors } = await gateway.run(AudienceInsightsDocument, { kind: 'CATEGORY', ...variables });
  expect(errors).toMatchObject([
    { message: expect.stringContaining(message) as string, extensions: { code: 'BAD_USER_INPUT', field } },
  ]);
});
