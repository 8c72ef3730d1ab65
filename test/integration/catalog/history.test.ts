import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { OPEN_VIEWER } from '../../../src/auth/viewer.js';
import { MarketHistoryDocument } from '../../../src/generated/client/graphql.js';
import { HOUR_MS } from '../../../src/lib/time.js';
import { executeAs } from '../../support/execute-as.js';
import { startTestGateway, TEST_NOW_MS, type TestGateway } from '../../support/test-gateway.js';

let gateway: TestGateway;

const hoursAgo = (hours: number) => new Date(TEST_NOW_MS - hours * HOUR_MS);

beforeAll(async () => {
  gateway = await startTestGateway();
  await gateway.addMarkets(
    ...Array.from({ length: 30 }, (_, index) => ({ id: `m${index}`, category: `Topic ${index}` })),
    { id: 'moving' },
    { id: 'over', status: 'CLOSED' },
  );
  const past = (marketId: string, hours: number, probability: number | null) => ({
    ...{
      marketId,
      at: hoursAgo(hours),
      probability,
      volume24h: hours,
      participantCount: Math.floor(1_000 - hours),
    },
  });
  await gateway.backend.store.snapshots.addHistory([
    ...[200, 169, 168, 100, 99.5, 50, 1].map((hours) => past('moving', hours, hours / 1_000)),
    ...[30, 20, 10].map((hours) => past('over', hours, null)),
    ...Array.from({ length: 30 }, (_, index) => past(`m${index}`, 5, 0.5)),
  ]);
});

afterAll(() => gateway.close());

beforeEach(() => {
  gateway.statements.length = 0;
});

async function historyOf(id: string, time: { from?: Date; to?: Date; points?: number } = {}) {
  const { data, errors } = await gateway.run(MarketHistoryDocument, {
    id,
    from: time.from?.toISOString() ?? null,
    to: time.to?.toISOString() ?? null,
    ...(time.points === undefined ? {} : { points: time.points }),
  });
  return { points: data?.market?.history, errors };
}

/** Age in hours and volume of each point. The volume of a stored snapshot is its age in hours. */
async function agesAndVolumes(id: string, time: { from?: Date; to?: Date; points?: number } = {}) {
  const { points, errors } = await historyOf(id, time);
  expect(errors).toBeUndefined();
  return points?.map(({ at, volume24h }) => [(TEST_NOW_MS - Date.parse(at)) / HOUR_MS, volume24h]);
}

describe('Market.history', () => {
  it('defaults to the last seven days, from the state at their beginning', async () => {
    expect((await historyOf('moving')).points).toEqual([
      { at: hoursAgo(168).toISOString(), probability: 0.168, volume24h: 168, participantCount: 832 },
      { at: hoursAgo(99.5).toISOString(), probability: 0.0995, volume24h: 99.5, participantCount: 900 },
      { at: hoursAgo(50).toISOString(), probability: 0.05, volume24h: 50, participantCount: 950 },
      // The snapshot of the upsert. With 100 points, an interval is nearly two hours long.
      { at: hoursAgo(0).toISOString(), probability: null, volume24h: null, participantCount: null },
    ]);
  });

  it('returns the state at the beginning as of the beginning, and no point before the first snapshot', async () => {
    expect(await agesAndVolumes('moving', { from: hoursAgo(150), to: hoursAgo(60) })).toEqual([
      [150, 168],
      [100, 100],
      [99.5, 99.5],
    ]);
    expect(await agesAndVolumes('moving', { from: hoursAgo(300), to: hoursAgo(168) })).toEqual([
      [200, 200],
      [168, 168],
    ]);
    expect(await agesAndVolumes('moving', { from: hoursAgo(300), to: hoursAgo(201) })).toEqual([]);
  });

  it('returns the last snapshot of each of equal intervals, at most the requested number', async () => {
    // The state at the beginning, and two intervals of 60 hours.
    expect(await agesAndVolumes('moving', { from: hoursAgo(120), to: hoursAgo(0), points: 3 })).toEqual([
      [120, 168],
      [99.5, 99.5],
      [0, null],
    ]);
    expect(await agesAndVolumes('moving', { from: hoursAgo(120), to: hoursAgo(0), points: 2 })).toEqual([
      [120, 168],
      [0, null],
    ]);
    expect(await agesAndVolumes('moving', { from: hoursAgo(120), to: hoursAgo(0), points: 1 })).toEqual([
      [120, 168],
    ]);
    expect(await agesAndVolumes('moving', { from: hoursAgo(240), to: hoursAgo(0), points: 1 })).toEqual([
      [0, null],
    ]);
  });

  it('assigns a snapshot at the end of an interval to that interval', async () => {
    await gateway.backend.store.snapshots.addHistory(
      [70, 60, 50, 40].map((hours) => ({
        ...{ marketId: 'm29', at: hoursAgo(hours), probability: 0.5, volume24h: hours, participantCount: 1 },
      })),
    );
    expect(await agesAndVolumes('m29', { from: hoursAgo(80), to: hoursAgo(40), points: 2 })).toEqual([
      [60, 60],
      [40, 40],
    ]);
    expect(await agesAndVolumes('m29', { from: hoursAgo(80), to: hoursAgo(40), points: 4 })).toHaveLength(4);
  });

  it('includes closed markets, with null for an unknown probability', async () => {
    const { points } = await historyOf('over', { to: hoursAgo(1) });
    expect(points?.map(({ probability }) => probability)).toEqual([null, null, null]);
  });

  it.each([
    [{ from: hoursAgo(1), to: hoursAgo(1) }, 'from'],
    [{ from: hoursAgo(-1) }, 'from'],
    [{ from: hoursAgo(1), to: hoursAgo(2) }, 'from'],
    [{ to: new Date('0001-01-03T00:00:00Z') }, 'from'],
    [{ points: 0 }, 'points'],
    [{ points: 501 }, 'points'],
  ])('rejects %j, naming %s', async (time, field) => {
    const { errors } = await historyOf('moving', time);
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field });
    expect(gateway.statements.filter((sql) => sql.includes('market_snapshots'))).toEqual([]);
  });
});

const feedWithHistory = `query ($points: Int!, $to: DateTime) {
  feed(limit: 20) {
    hero { market { ...past } } grid { market { ...past } } stream { market { ...past } }
  }
}
fragment past on Market { id history(points: $points, to: $to) { at probability volume24h participantCount } }`;

it('a feed of 20 with history takes one statement more than without, compiled or not', async () => {
  const snapshotReads = () => gateway.statements.filter((sql) => sql.includes('market_snapshots'));
  // The first two rounds run by graphql-js, the others by graphql-jit.
  for (const round of [1, 2, 3, 4]) {
    gateway.statements.length = 0;
    await gateway.query('{ feed(limit: 20) { stream { market { id } } } }');
    expect(snapshotReads()).toHaveLength(0);
    const { data, errors } = await gateway.query(feedWithHistory, { points: 100 });
    expect(errors, `round ${round}`).toBeUndefined();
    expect(JSON.stringify(data).match(/participantCount/g)?.length).toBeGreaterThan(20);
    expect(snapshotReads()).toHaveLength(1);
  }
});

it('graphql-jit and graphql-js return the same history', async () => {
  const answers = [];
  for (let round = 0; round < 3; round += 1)
    answers.push(await gateway.query(feedWithHistory, { points: 7 }));
  const plain = await executeAs(gateway, OPEN_VIEWER, feedWithHistory, { points: 7 });
  expect(plain.errors).toBeUndefined();
  const data: unknown = JSON.parse(JSON.stringify(plain.data));
  for (const answer of answers) expect(answer).toMatchObject({ status: 200, data });
});

it('reads different ranges of one request separately, and the same market and range once', async () => {
  const { data, errors } = await gateway.query(`{
    a: market(id: "moving") { history(points: 2) { volume24h } }
    b: market(id: "moving") { history(points: 2) { volume24h } }
    c: market(id: "moving") { history(points: 3) { volume24h } }
    d: market(id: "over") { history(points: 3) { volume24h } }
  }`);
  expect(errors).toBeUndefined();
  expect(data).toMatchObject({
    a: data?.['b'],
    c: { history: [{ volume24h: 168 }, { volume24h: 99.5 }, { volume24h: null }] },
  });
  expect(gateway.statements.filter((sql) => sql.includes('market_snapshots'))).toHaveLength(2);
});

it('rejects a request for more than 50,000 points in total', async () => {
  const request = (points: readonly number[]) =>
    gateway.query(
      `{ markets(first: 25) { edges { node {
        ${points.map((count, index) => `h${index}: history(points: ${count}) { at }`).join('\n')} } } } }`,
    );
  expect((await request([500, 499, 498, 497, 6])).errors).toBeUndefined();
  const { errors } = await request([500, 499, 498, 497, 7]);
  expect(errors?.[0]?.extensions).toEqual({ code: 'LIMIT_EXCEEDED' });
  const negative = await request([500, 499, 498, 497, 496, -100_000]);
  expect(negative.errors?.[0]?.extensions).toEqual({ code: 'LIMIT_EXCEEDED' });
});
