import { beforeEach, describe, expect, it } from 'vitest';
import { emptySnapshot, patchSnapshot } from '../../../src/catalog/catalog-snapshot.js';
import { toPastMarket } from '../../../src/catalog/columns/market-terms.js';
import { loadRankingConfig } from '../../../src/config/ranking-config.js';
import { emptyProfile } from '../../../src/domain/profile.js';
import { CurrentFeeds, type CurrentFeed } from '../../../src/feed/current-feeds.js';
import { CLOCK_STEP_MS } from '../../../src/feed/feed-identity.js';
import type { RankingInputs } from '../../../src/feed/ranking-inputs.js';
import { NO_TRENDS } from '../../../src/trends/trend-columns.js';
import { TrendState } from '../../../src/trends/trend-state.js';
import { NOON_MS } from '../../support/profile-events.js';
import { storedMarket } from '../../support/stored-market.js';

const inputs: RankingInputs = {
  ...{ nowMs: NOON_MS, userKey: 'ann', country: 'IL', personal: true, algorithm: 'v2', limit: 20 },
  profile: { ...emptyProfile('ann'), version: 7 },
  ...{ snapshot: emptySnapshot, past: new Map(), trends: new TrendState(NO_TRENDS, 0) },
  ...{ config: loadRankingConfig(undefined), configVersion: 'c0ffee' },
};

let feeds: CurrentFeeds;
let ranked: number;

beforeEach(() => {
  feeds = new CurrentFeeds();
  ranked = 0;
});

/** How often the feed of these inputs has been ranked after this request, over all requests of the test. */
function rankedAfter(changes: Partial<RankingInputs> = {}, lacksInput = false): number {
  feeds.get({ ...inputs, ...changes }, lacksInput, () => {
    ranked += 1;
    return { feed: {}, served: { page: [], rest: [] } } as unknown as CurrentFeed;
  });
  return ranked;
}

describe('the feeds of the present clock step', () => {
  it('are ranked once for equal inputs', () => {
    expect(rankedAfter()).toBe(1);
    expect(rankedAfter({ profile: { ...emptyProfile('ann'), version: 7 }, past: new Map() })).toBe(1);
  });

  it.each<[string, Partial<RankingInputs>]>([
    ['clock step', { nowMs: NOON_MS + CLOCK_STEP_MS }],
    ['catalog', { snapshot: patchSnapshot(emptySnapshot, [storedMarket('m1')], 1n) }],
    ['trends', { trends: new TrendState(NO_TRENDS, 1) }],
    ['config', { configVersion: 'cafe' }],
    ['version of the profile', { profile: { ...emptyProfile('ann'), version: 8 } }],
    ['missing profile', { profile: null }],
    ['past market', { past: new Map([['m1', toPastMarket(storedMarket('m1'))]]) }],
    ['user', { userKey: 'bea' }],
    ['country', { country: null }],
    ['algorithm', { algorithm: 'v1' }],
    ['holdout', { personal: false }],
    ['limit', { limit: 21 }],
  ])('are ranked again for another %s', (_, changes) => {
    rankedAfter();
    expect(rankedAfter(changes)).toBe(2);
    expect(rankedAfter(changes)).toBe(2);
  });

  it('of two users are both kept', () => {
    rankedAfter();
    rankedAfter({ userKey: 'bea' });
    expect(rankedAfter()).toBe(2);
  });

  it('do not include a feed without its profile, so that the next request is ranked with its profile', () => {
    expect(rankedAfter({ profile: null }, true)).toBe(1);
    expect(rankedAfter({ profile: null }, true)).toBe(2);
  });
});
