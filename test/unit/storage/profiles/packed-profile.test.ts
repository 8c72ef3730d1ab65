import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { MarketIndex, type IndexedMarket } from '../../../../src/storage/markets/market-index.js';
import { unpackProfiles, type PackedProfile } from '../../../../src/storage/profiles/packed-profile.js';
import { encodeRecentEvents, type RecentEvent } from '../../../../src/storage/profiles/recent-events.js';
import { readable, uncompacted } from '../../../support/packed-profiles.js';
import { decay, NOON_MS } from '../../../support/profile-events.js';
import { UnreadableProfile } from '../../../../src/domain/profile.js';

const marketOf = (number: number): IndexedMarket => ({
  ...{ number, id: `m${number}`, category: 'Politics', tags: [] },
});

const clickOn = (marketNumber: number): RecentEvent => ({
  ...{ eventType: 'CLICK', occurredAtMs: NOON_MS, weight: 2, dwellMs: null, country: null, stake: null },
  ...{ marketNumber, probability: 0.5, volume24h: 0 },
});

/** Returns the profile of a user who clicked on these markets. */
const clicker = (index: number, markets: readonly number[]): PackedProfile => ({
  ...uncompacted(`user ${index}`, 1),
  recent: encodeRecentEvents(markets.map(clickOn)),
});

/** Returns a cache of markets, and a store that adds found markets to it. Number 9 belongs to no market. */
function marketsIn(maxMarkets: number) {
  const markets = new MarketIndex(maxMarkets);
  const reads: number[][] = [];
  const findMarkets = (numbers: ReadonlySet<number>): Promise<Map<number, IndexedMarket | null>> => {
    reads.push([...numbers]);
    return Promise.resolve(
      new Map(
        [...numbers].map((number) => {
          if (number !== 9) markets.add(marketOf(number));
          return [number, number === 9 ? null : marketOf(number)];
        }),
      ),
    );
  };
  return { reads, deps: { markets, decay, findMarkets } };
}

it('decodes profiles that name more markets than fit the cache', async () => {
  const { reads, deps } = marketsIn(2);
  deps.markets.add(marketOf(1));
  const packed = [clicker(0, [1, 2, 9]), clicker(1, [3, 4, 5]), clicker(2, [6, 7, 8])];
  const profiles = readable(await unpackProfiles(packed, deps));
  expect(profiles.map(({ profile }) => [...profile.engagements.keys()])).toEqual([
    ['m1', 'm2'],
    ['m3', 'm4', 'm5'],
    ['m6', 'm7', 'm8'],
  ]);
  // Market 1 was evicted by the others.
  expect(reads).toEqual([[2, 9, 3, 4, 5, 6, 7, 8], [1]]);
});

it('returns an error in place of a profile that cannot be decoded', async () => {
  const { deps } = marketsIn(10);
  const truncated = { ...clicker(1, [1]), recent: Uint8Array.of(5) };
  const [first, second, third] = await unpackProfiles([clicker(0, [1]), truncated, clicker(2, [2])], deps);
  expect([first, third]).toMatchObject([
    { packed: { userKey: 'user 0' } },
    { packed: { userKey: 'user 2' } },
  ]);
  expect(second).toBeInstanceOf(UnreadableProfile);
});

it('decodes at most 16 profiles in one turn of the event loop', async () => {
  const { deps } = marketsIn(10);
  deps.markets.add(marketOf(1));
  let decoded = 0;
  // Each profile looks up its one market once.
  const counting: Pick<MarketIndex, 'find'> = {
    find: (number) => {
      decoded += 1;
      return deps.markets.find(number);
    },
  };
  const packed = Array.from({ length: 40 }, (_, index) => clicker(index, [1]));
  const unpacking = unpackProfiles(packed, { ...deps, markets: counting });
  const byTurn: number[] = [decoded];
  while (decoded < packed.length) {
    await nextTurn();
    byTurn.push(decoded);
  }
  expect(await unpacking).toHaveLength(40);
  expect(byTurn).toEqual([16, 32, 40]);
});
