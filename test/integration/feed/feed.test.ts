import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  type InteractionType,
  FeedDocument,
  TrackInteractionDocument,
  UserProfileDocument,
} from '../../../src/generated/client/graphql.js';
import { startTestGateway, type TestGateway } from '../../support/test-gateway.js';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
  await gateway.addMarkets(
    ...Array.from({ length: 12 }, (_, index) => ({
      id: `politics-${index}`,
      tags: ['elections'],
      volumeTotal: 1_000 - index,
    })),
    ...Array.from({ length: 12 }, (_, index) => ({
      id: `crypto-${index}`,
      category: 'Crypto',
      tags: ['bitcoin'],
      volumeTotal: 500 - index,
    })),
    ...Array.from({ length: 12 }, (_, index) => ({
      id: `science-${index}`,
      category: 'Science',
      tags: ['space'],
      imageUrl: index === 2 ? '/space.svg' : null,
      volumeTotal: 100 - index,
    })),
  );
});

afterAll(() => gateway.close());

const idsOf = (items: readonly { market: { id: string } }[]): string[] =>
  items.map(({ market }) => market.id);

async function feedOf(variables: { userKey?: string; country?: string; limit?: number }) {
  const { data, errors } = await gateway.run(FeedDocument, { limit: 20, ...variables });
  if (!data) throw new Error(JSON.stringify(errors));
  const { hero, grid, stream } = data.feed;
  return { ...data.feed, shown: [...(hero ? [hero] : []), ...grid, ...stream] };
}

const track = (userKey: string, marketId: string, eventType: InteractionType) =>
  gateway.run(TrackInteractionDocument, { input: { userKey, marketId, eventType } });

it('returns the global ranking without a userKey, with at most 3 of a category in the first 9', async () => {
  const feed = await feedOf({});
  expect(feed).toMatchObject({ personalized: false, algorithmVersion: 'v2' });
  expect(feed).toEqual({ ...(await feedOf({})), id: feed.id });
  const front = feed.shown.slice(0, 9).map(({ market }) => market.category);
  expect(front.toSorted()).toEqual(['Crypto', 'Politics', 'Science'].flatMap((name) => [name, name, name]));
  expect(feed.grid).toHaveLength(9);
  expect(feed.stream).toHaveLength(10);
  expect(feed.shown.map(({ rank }) => rank)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
});

it('reflects an interaction in the next feed', async () => {
  const before = await feedOf({ userKey: 'ada' });
  expect(before.personalized).toBe(false);
  const { data } = await track('ada', 'science-9', 'PARTICIPATE');
  expect(data?.trackInteraction).toMatchObject({ status: 'RECORDED', profileUpdated: true });
  const after = await feedOf({ userKey: 'ada' });
  expect(after.personalized).toBe(true);
  expect(after.shown.slice(0, 3).map(({ market }) => market.category)).toEqual([
    'Science',
    'Science',
    'Science',
  ]);
});

it('omits a hidden market until UNHIDE, for that user only', async () => {
  await track('bea', 'politics-0', 'HIDE');
  expect(idsOf((await feedOf({ userKey: 'bea', limit: 100 })).shown)).not.toContain('politics-0');
  expect(idsOf((await feedOf({ userKey: 'cleo', limit: 100 })).shown)).toContain('politics-0');
  await track('bea', 'politics-0', 'UNHIDE');
  expect(idsOf((await feedOf({ userKey: 'bea', limit: 100 })).shown)).toContain('politics-0');
});

it('omits markets that are resolved, closed, or blocked in the country', async () => {
  await gateway.addMarkets(
    { id: 'over', volumeTotal: 9_999, resolvesAt: new Date(gateway.clock.nowMs) },
    { id: 'closed', volumeTotal: 9_999, status: 'CLOSED' },
    { id: 'blocked', volumeTotal: 9_999, blockedCountries: ['de'] },
  );
  const inGermany = idsOf((await feedOf({ country: 'de', limit: 100 })).shown);
  expect(inGermany).not.toContain('over');
  expect(inGermany).not.toContain('closed');
  expect(inGermany).not.toContain('blocked');
  expect(idsOf((await feedOf({ country: 'FR', limit: 100 })).shown)).toContain('blocked');
});

it('omits a paused market until it is open again, keeps its effect on the profile, and omits a cancelled one', async () => {
  const chess = { id: 'paused', category: 'Chess', tags: ['openings'] };
  await gateway.addMarkets({ ...chess, volumeTotal: 9_999 }, { id: 'cancelled', volumeTotal: 9_999 });
  await track('kim', 'paused', 'PARTICIPATE');
  const all = async (userKey?: string) =>
    idsOf((await feedOf({ limit: 100, ...(userKey !== undefined && { userKey }) })).shown);
  expect(await all()).toEqual(expect.arrayContaining(['paused', 'cancelled']));
  await gateway.addMarkets({ ...chess, status: 'PAUSED' }, { id: 'cancelled', status: 'CANCELLED' });
  for (const ids of [await all(), await all('kim')]) {
    expect(ids).not.toContain('paused');
    expect(ids).not.toContain('cancelled');
  }
  const { data } = await gateway.run(UserProfileDocument, { userKey: 'kim' });
  expect(data?.userProfile.topCategories.map(({ topic }) => topic)).toContain('Chess');
  await gateway.addMarkets({ ...chess, status: 'OPEN' });
  expect(await all()).toContain('paused');
});

it('reads a cold profile with at most 3 statements and markets with none', async () => {
  await track('dora', 'crypto-3', 'CLICK');
  // Longer than the TTL of the profile cache.
  gateway.clock.nowMs += 3_600_000;
  gateway.statements.length = 0;
  await feedOf({ userKey: 'dora' });
  expect(gateway.statements.length).toBeLessThanOrEqual(3);
  expect(
    gateway.statements.filter((sql) => /from markets m\b/i.test(sql) && !/from profiles/i.test(sql)),
  ).toEqual([]);
  gateway.statements.length = 0;
  await feedOf({});
  expect(gateway.statements).toEqual([]);
});

it('reads the profiles of 50 users in one request with one statement', async () => {
  const userKeys = Array.from({ length: 50 }, (_, index) => `user-${index}`);
  const profilesOf = (count: number) =>
    userKeys
      .slice(0, count)
      .map((key, index) => `p${index}: userProfile(userKey: "${key}") { totalInteractions }`);
  gateway.statements.length = 0;
  await gateway.query(`{ ${profilesOf(1).join(' ')} }`);
  const forOne = gateway.statements.length;
  gateway.statements.length = 0;
  const { data } = await gateway.query(`{ ${profilesOf(50).join(' ')} }`);
  expect(Object.keys(data ?? {})).toHaveLength(50);
  expect(forOne).toBe(1);
  expect(gateway.statements).toHaveLength(1);
});

it('reads a profile once for a feed and a userProfile of one request', async () => {
  gateway.statements.length = 0;
  await gateway.query('{ feed(userKey: "eve") { id } userProfile(userKey: "eve") { totalInteractions } }');
  expect(gateway.statements).toHaveLength(1);
});

it('returns a profile of zeros for an unknown user', async () => {
  const { data } = await gateway.run(UserProfileDocument, { userKey: 'nobody' });
  expect(data?.userProfile).toMatchObject({ totalInteractions: 0, topCategories: [], session: null });
});
