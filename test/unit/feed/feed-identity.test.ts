import { describe, expect, it } from 'vitest';
import { emptySnapshot } from '../../../src/catalog/catalog-snapshot.js';
import { loadRankingConfig } from '../../../src/config/ranking-config.js';
import { emptyProfile } from '../../../src/domain/profile.js';
import type { ComposedFeed, RankedItem } from '../../../src/feed/feed.js';
import { feedIdentity, sectionOf, toFeedItem } from '../../../src/feed/feed-identity.js';
import type { RankingInputs } from '../../../src/feed/ranking-inputs.js';
import { CLOCK_STEP_MS } from '../../../src/feed/ranking-time.js';
import { OperatorError } from '../../../src/lib/errors.js';
import { NO_COMPONENTS } from '../../../src/scoring/score-parts.js';
import { NO_TRENDS } from '../../../src/trends/trend-columns.js';
import { TrendState } from '../../../src/trends/trend-state.js';
import { NOON_MS } from '../../support/profile-events.js';
import { storedMarket } from '../../support/stored-market.js';
import { DEFAULT_MODEL } from '../../../src/scoring/v2/ranking-model.js';

const SECRET = new Uint8Array(32).fill(1);
const idOf = feedIdentity(SECRET);

const inputs: RankingInputs = {
  ...{ nowMs: NOON_MS, userKey: 'ann', country: 'IL', personal: true, algorithm: 'v2', limit: 20 },
  profile: { ...emptyProfile('ann'), version: 7 },
  ...{ snapshot: emptySnapshot, past: new Map(), trends: new TrendState(NO_TRENDS, 0) },
  ...{ config: loadRankingConfig(undefined), model: DEFAULT_MODEL, configVersion: 'c0ffee' },
};

const item: RankedItem = {
  ...{ rank: 1, score: 0.5, market: storedMarket('m1'), slot: 'EXPLORATION', badge: null, propensity: 0.25 },
  ...{ reason: 'New.', reasonParts: [] },
  scores: {
    ...NO_COMPONENTS,
    ...{ final: 0.5, personal: null, interest: 0.1, trendingLocal: null, trendingGlobal: 0, discount: 1 },
  },
};

const content: ComposedFeed = {
  items: [item],
  rest: [
    { marketId: 'm2', number: 2 },
    { marketId: 'm3', number: 3 },
  ],
  notes: [],
};

const withItem = (changes: Partial<RankedItem>): ComposedFeed => ({
  ...content,
  items: [{ ...item, ...changes }],
});

describe('the id of a feed', () => {
  it('is the same for equal inputs and content', () => {
    const profile = { ...emptyProfile('ann'), version: 7 };
    expect(idOf({ ...inputs, profile }, [], structuredClone(content))).toBe(idOf(inputs, [], content));
  });

  it('is a UUID of version 7 with the time of the clock step', () => {
    const id = idOf(inputs, [], content);
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)).toBe(NOON_MS);
  });

  it.each<[string, Partial<RankingInputs>]>([
    ['user', { userKey: 'bea' }],
    ['country', { country: null }],
    ['algorithm', { algorithm: 'v1' }],
    ['holdout', { personal: false }],
    ['limit', { limit: 21 }],
    ['version of the profile', { profile: { ...emptyProfile('ann'), version: 8 } }],
    ['missing profile', { profile: null }],
    ['version of the config', { configVersion: 'cafe' }],
    ['clock step', { nowMs: NOON_MS + CLOCK_STEP_MS }],
  ])('differs for another %s', (_, changes) => {
    expect(idOf({ ...inputs, ...changes }, [], content)).not.toBe(idOf(inputs, [], content));
  });

  it('differs for a degraded feed and for another secret', () => {
    const others = [
      idOf(inputs, ['PROFILE_UNAVAILABLE'], content),
      feedIdentity(new Uint8Array(32))(inputs, [], content),
    ];
    expect(others).not.toContain(idOf(inputs, [], content));
  });

  it.each<[string, ComposedFeed]>([
    ['market', withItem({ market: storedMarket('m9') })],
    ['last bit of a score', withItem({ score: 0.5 + Number.EPSILON })],
    ['component', withItem({ scores: { ...item.scores, interest: 0.2 } })],
    ['component that is null', withItem({ scores: { ...item.scores, trendingLocal: 0 } })],
    ['slot', withItem({ slot: 'PERSONAL' })],
    ['badge', withItem({ badge: 'NEW' })],
    ['propensity', withItem({ propensity: null })],
    ['reason', withItem({ reason: null })],
    ['order behind the page', { ...content, rest: content.rest.toReversed() }],
    ['market behind the page', { ...content, rest: content.rest.slice(1) }],
  ])('differs for another %s', (_, changed) => {
    expect(idOf(inputs, [], changed)).not.toBe(idOf(inputs, [], content));
  });

  it('is the same after a change that leaves the content the same', () => {
    const market = { ...storedMarket('m1'), title: 'Will it change its title?' };
    const catalog = { ...inputs, snapshot: { ...emptySnapshot, version: 9n } };
    expect(idOf(catalog, [], withItem({ market }))).toBe(idOf(inputs, [], content));
  });

  it('requires a secret that cannot be guessed', () => {
    expect(() => feedIdentity(new Uint8Array(8))).toThrow(OperatorError);
  });
});

it('a rank is in the hero, the grid of 9, or the stream, at a position from 0', () => {
  expect([1, 2, 10, 11, 200].map(sectionOf)).toEqual([
    { section: 'HERO', position: 0 },
    { section: 'GRID', position: 0 },
    { section: 'GRID', position: 8 },
    { section: 'STREAM', position: 0 },
    { section: 'STREAM', position: 189 },
  ]);
  expect(toFeedItem('f', { ...item, rank: 11 })).toMatchObject({
    id: 'f:11',
    section: 'STREAM',
    position: 0,
  });
});
