import { beforeEach, describe, expect, it } from 'vitest';
import { emptySnapshot, patchSnapshot } from '../../../src/catalog/catalog-snapshot.js';
import { emptyProfile } from '../../../src/domain/profile.js';
import { CurrentFeeds, type CurrentFeed, type SharedInputs } from '../../../src/feed/current-feeds.js';
import type { RankingRequest } from '../../../src/feed/ranking-inputs.js';
import { CLOCK_STEP_MS } from '../../../src/feed/ranking-time.js';
import { NO_TRENDS } from '../../../src/trends/trend-columns.js';
import { TrendState } from '../../../src/trends/trend-state.js';
import { NOON_MS } from '../../support/profile-events.js';
import { storedMarket } from '../../support/stored-market.js';
import { DEFAULT_MODEL } from '../../../src/scoring/v2/ranking-model.js';

const request: RankingRequest = { userKey: 'ann', country: 'IL', algorithm: null, limit: 20 };

const shared: SharedInputs = {
  ...{ nowMs: NOON_MS, snapshot: emptySnapshot, trends: new TrendState(NO_TRENDS, 0), model: DEFAULT_MODEL },
  configVersion: 'c0ffee',
};

const current = { feed: {}, served: { page: [], rest: [] } } as unknown as CurrentFeed;
const profile = { ...emptyProfile('ann'), version: 7 };

let feeds: CurrentFeeds;

beforeEach(() => {
  feeds = new CurrentFeeds();
  feeds.set(request, current, { ...shared, profile });
});

describe('the feeds of the present clock step', () => {
  it('are found for equal inputs', () => {
    expect(feeds.find({ ...request }, 7, { ...shared })).toMatchObject(current);
  });

  it.each<[string, Partial<SharedInputs>]>([
    ['clock step', { nowMs: NOON_MS + CLOCK_STEP_MS }],
    ['catalog', { snapshot: patchSnapshot(emptySnapshot, [storedMarket('m1')], 1n) }],
    ['trends', { trends: new TrendState(NO_TRENDS, 1) }],
    ['config', { configVersion: 'cafe' }],
    ['model', { model: { ...DEFAULT_MODEL } }],
  ])('are dropped for another %s', (_, changes) => {
    expect(feeds.find(request, 7, { ...shared, ...changes })).toBeUndefined();
    expect(feeds.find(request, 7, shared)).toBeUndefined();
  });

  it.each([
    ['later version of the profile', 8],
    ['missing profile', null],
  ])('are not found for a %s', (_, version) => {
    expect(feeds.find(request, version, shared)).toBeUndefined();
  });

  it.each<[string, Partial<RankingRequest>]>([
    ['user', { userKey: 'bea' }],
    ['country', { country: null }],
    ['algorithm', { algorithm: 'v1' }],
    ['limit', { limit: 21 }],
  ])('are not found for another %s', (_, changes) => {
    expect(feeds.find({ ...request, ...changes }, 7, shared)).toBeUndefined();
  });

  it('of two users are both kept', () => {
    feeds.set({ ...request, userKey: 'bea' }, current, { ...shared, profile: null });
    expect(feeds.find(request, 7, shared)).toMatchObject(current);
    expect(feeds.find({ ...request, userKey: 'bea' }, null, shared)).toMatchObject(current);
  });
});
