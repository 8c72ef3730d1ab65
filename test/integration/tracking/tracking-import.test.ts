import fc from 'fast-check';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { FullProfile } from '../../../src/domain/profile.js';
import { HOUR_MS } from '../../../src/lib/time.js';
import type { InteractionInput } from '../../../src/tracking/event-input.js';
import { rowCounts } from '../../support/row-counts.js';
import { startTestGateway, TEST_NOW_MS, type TestGateway } from '../../support/test-gateway.js';

const YEAR_MS = 365 * 24 * HOUR_MS;

let gateway: TestGateway;
let other: Client;

beforeAll(async () => {
  gateway = await startTestGateway();
  other = new Client({ connectionString: gateway.databaseUrl });
  await other.connect();
  await gateway.addMarkets(
    { id: 'election', category: 'Politics', tags: ['USA'], probability: 0.2 },
    { id: 'bitcoin', category: 'Crypto', tags: ['Money', 'USA'] },
    { id: 'over', category: 'Science', status: 'CLOSED' },
  );
});

afterAll(async () => {
  await other.end();
  await gateway.close();
});

const importAll = (inputs: readonly unknown[]) => gateway.backend.history.importAll(inputs);

const hoursAgo = (hours: number) => new Date(TEST_NOW_MS - hours * HOUR_MS);

/** Returns hourly events of one user, the last an hour ago. */
function eventsOf(userKey: string): InteractionInput[] {
  const events = [
    ['CLICK', 'election'],
    ['VIEW_MARKET', 'election'],
    ['HIDE', 'over'],
    ['PARTICIPATE', 'bitcoin'],
    ['UNHIDE', 'over'],
    ['NOT_INTERESTED', 'election'],
    ['HIDE', 'election'],
    ['SHARE', 'over'],
  ] as const;
  return events.map(([eventType, marketId], index) => ({
    ...{ userKey, eventType, marketId, clientEventId: `event-${index}` },
    occurredAt: hoursAgo(events.length - index),
    country: index < 4 ? 'FR' : 'DE',
    dwellMs: index * 4_000,
  }));
}

async function stateOf(userKey: string): Promise<FullProfile> {
  const [state] = await gateway.backend.store.profiles.load([userKey]);
  if (state === undefined) throw new Error(`The profile of ${userKey} was not read.`);
  return state;
}

/** Returns all stored data of a user without ids; sums are rounded, since their order may differ. */
async function storedDataOf(userKey: string) {
  const state = await stateOf(userKey);
  const rounded = (sum: number) => sum.toFixed(9);
  const { totalInteractions, country, lastActiveAtMs, engagements } = state;
  const interactions = await other.query(
    `select event_type, market_id, weight, country, dwell_ms, occurred_at, clamped from interactions
      where user_key = $1 order by occurred_at`,
    [userKey],
  );
  return {
    profile: { totalInteractions, country, lastActiveAtMs },
    topics: inOrder(state.topics).map(({ longTerm, ...topic }) => ({
      ...{ ...topic, session: undefined, longTerm: rounded(longTerm) },
    })),
    lifetime: inOrder(state.lifetime.topics).map(({ points, ...topic }) => ({
      ...{ ...topic, points: rounded(points) },
    })),
    engagements: inOrder(engagements),
    interactions: interactions.rows as unknown[],
  };
}

const hiddenOf = async (userKey: string) => [...(await stateOf(userKey)).hidden];

function inOrder<Value>(values: ReadonlyMap<string, Value>): Value[] {
  return [...values].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);
}

it('builds a profile as of the times of the events', async () => {
  const events = eventsOf('then');
  expect(await importAll(events)).toEqual(events.map(() => ({ outcome: 'RECORDED' })));
  const { profile, topics, lifetime, engagements } = await storedDataOf('then');
  expect(profile).toEqual({ totalInteractions: 8, country: 'DE', lastActiveAtMs: hoursAgo(1).getTime() });
  expect(topics).toContainEqual({
    ...{ kind: 'CATEGORY', key: 'crypto', label: 'Crypto', longTerm: '7.200000000' },
    ...{ updatedAtMs: hoursAgo(5).getTime(), dwellMsTotal: 12_000, dwellEvents: 1 },
  });
  expect(lifetime).toContainEqual({
    ...{ kind: 'CATEGORY', key: 'crypto', label: 'Crypto', points: '7.200000000' },
    ...{ dwellMsTotal: 12_000, dwellEvents: 1 },
  });
  expect(engagements).toContainEqual({
    ...{
      marketId: 'election',
      engagedAtMs: hoursAgo(7).getTime(),
      weight: 2,
      viewedAtMs: hoursAgo(7).getTime(),
    },
    topics: { category: 'politics', tags: expect.any(Array) as string[] },
    // The probability at that time is unknown: the first snapshot is newer.
    viewProbability: null,
    tradedAtMs: null,
    tradedProbability: null,
  });
  expect(await hiddenOf('then')).toEqual([['election', hoursAgo(2).getTime()]]);
});

it('stores the probability known at the time of an event', async () => {
  await gateway.backend.store.snapshots.addHistory([
    { marketId: 'bitcoin', at: hoursAgo(10), probability: 0.3, volume24h: 0, participantCount: 0 },
    { marketId: 'bitcoin', at: hoursAgo(5), probability: 0.6, volume24h: 0, participantCount: 0 },
  ]);
  await importAll(
    [11, 10, 6, 5, 1].map((hours) => ({
      ...{ userKey: 'odds', marketId: 'bitcoin', eventType: 'CLICK', occurredAt: hoursAgo(hours) },
    })),
  );
  const { rows } = await other.query<{ probability: number | null }>(
    `select probability from interactions where user_key = 'odds' order by occurred_at`,
  );
  expect(rows.map(({ probability }) => probability)).toEqual([null, 0.3, 0.3, 0.6, 0.6]);
});

it('is idempotent, even a year later', async () => {
  await importAll(eventsOf('again'));
  const before = await rowCounts(gateway.databaseUrl);
  const known = await storedDataOf('again');
  try {
    gateway.clock.nowMs = TEST_NOW_MS + YEAR_MS;
    expect(await importAll(eventsOf('again'))).toEqual(
      eventsOf('again').map(() => ({ outcome: 'DUPLICATE' })),
    );
  } finally {
    gateway.clock.nowMs = TEST_NOW_MS;
  }
  expect(await storedDataOf('again')).toEqual(known);
  expect(await rowCounts(gateway.databaseUrl)).toEqual(before);
});

it('gives the same affinity for any order of the events, in one or several imports', async () => {
  const inOrder = eventsOf('in order');
  await importAll(inOrder);
  const expected = await storedDataOf('in order');
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.shuffledSubarray([...inOrder.keys()], { minLength: inOrder.length }),
      fc.integer({ min: 1, max: inOrder.length }),
      async (order, batchSize) => {
        const userKey = `shuffled ${++runs}`;
        const events = order.flatMap((index) => inOrder[index] ?? []).map((event) => ({ ...event, userKey }));
        for (let start = 0; start < events.length; start += batchSize) {
          await importAll(events.slice(start, start + batchSize));
        }
        expect(await storedDataOf(userKey)).toEqual(expected);
      },
    ),
    { numRuns: 15 },
  );
});

it('applies the events of one import in the order of their times', async () => {
  await importAll(eventsOf('together'));
  await importAll(eventsOf('together, backwards').reverse());
  expect(await hiddenOf('together')).toHaveLength(1);
  expect(await hiddenOf('together, backwards')).toEqual(await hiddenOf('together'));
});

it('returns the reason of each rejected event, and records the others', async () => {
  const good = { userKey: 'mixed', marketId: 'over', eventType: 'CLICK', occurredAt: '1999-12-31T23:00:00Z' };
  const results = await importAll([
    good,
    { ...good, marketId: 'nowhere' },
    { ...good, eventType: 'CLIC', country: 'XX1' },
    { ...good, occurredAt: '0000-01-01T00:00:00Z' },
    { ...good, context: { note: '\0' } },
    { ...good, occurredAt: new Date(TEST_NOW_MS + HOUR_MS) },
    null,
  ]);
  expect(results.map(({ outcome }) => outcome)).toEqual([
    ...['RECORDED', 'REJECTED', 'REJECTED', 'REJECTED', 'REJECTED', 'RECORDED', 'REJECTED'],
  ]);
  expect(results[1]?.reason).toBe('marketId: there is no market "nowhere"');
  expect(results[2]?.reason).toMatch(/eventType must be one of .*; country must be /);
  expect(results[3]?.reason).toBe('occurredAt must be in the years 1 to 9999');
  const { interactions } = await storedDataOf('mixed');
  expect(interactions).toMatchObject([
    { occurred_at: new Date('1999-12-31T23:00:00Z'), clamped: false },
    { occurred_at: new Date(TEST_NOW_MS), clamped: true },
  ]);
});

it('records each event once when two imports run concurrently', async () => {
  const events = Array.from({ length: 10 }, (_, index) => eventsOf(`both ${index}`)).flat();
  const results = await Promise.all([importAll(events), importAll([...events].reverse())]);
  const outcomes = results.flat().map(({ outcome }) => outcome);
  expect(outcomes.filter((outcome) => outcome === 'RECORDED')).toHaveLength(events.length);
  expect(outcomes.filter((outcome) => outcome === 'DUPLICATE')).toHaveLength(events.length);
});
