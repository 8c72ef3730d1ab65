import { describe, expect, it } from 'vitest';
import { emptySnapshot, patchSnapshot } from '../../../src/catalog/catalog-snapshot.js';
import type { RankingConfig } from '../../../src/config/ranking-schema.js';
import { loadRankingConfig } from '../../../src/config/ranking-config.js';
import { fillRemovals, removalOf } from '../../../src/feed/row-filters.js';
import type { Market } from '../../../src/domain/market.js';
import type { ProfileState } from '../../../src/domain/profile.js';
import { NOON_MS, personAfter, profileEvent } from '../../support/profile-events.js';
import { storedMarket } from '../../support/stored-market.js';

const DAY_MS = 86_400_000;

function removals(
  markets: readonly Market[],
  capped: readonly number[] = markets.map(() => 0),
  {
    profile = null,
    country = null,
    config = loadRankingConfig(undefined),
  }: { profile?: ProfileState | null; country?: string | null; config?: RankingConfig } = {},
) {
  const snapshot = patchSnapshot(emptySnapshot, markets, 1n);
  const removals = new Uint8Array(markets.length).fill(9);
  fillRemovals({ snapshot, profile, country, nowMs: NOON_MS, config }, Uint8Array.from(capped), removals);
  return Array.from(removals, removalOf);
}

describe('why a market is not in a feed', () => {
  it('is that it is over, from the instant on at which it resolves', () => {
    const ends = [NOON_MS - 1, NOON_MS, NOON_MS + 1].map((ms, index) =>
      storedMarket(`m${index}`, { resolvesAt: new Date(ms) }),
    );
    expect(removals([...ends, storedMarket('m3')])).toEqual(['over', 'over', null, null]);
  });

  it('is not that its time has come while its source reports it as open, unless the config hides it or it is too late', () => {
    const overdue = [1, 30 * DAY_MS - 1, 30 * DAY_MS].map((agoMs, index) =>
      storedMarket(`m${index}`, { resolvesAt: new Date(NOON_MS - agoMs), openPastDue: true }),
    );
    const config = loadRankingConfig(undefined);
    const changed = (feed: Partial<RankingConfig['feed']>) => ({
      config: { ...config, feed: { ...config.feed, ...feed } },
    });
    expect(removals(overdue)).toEqual([null, null, 'over']);
    expect(removals(overdue, undefined, changed({ overdueDays: 29 }))).toEqual([null, 'over', 'over']);
    expect(removals(overdue, undefined, changed({ overdue: 'hide' }))).toEqual(['over', 'over', 'over']);
  });

  it('is that the person hid it, and nobody else', () => {
    const markets = [storedMarket('a'), storedMarket('b')];
    const profile = personAfter(
      profileEvent('HIDE', NOON_MS, { market: { id: 'b' } }),
      profileEvent('HIDE', NOON_MS, { market: { id: 'gone' } }),
    );
    expect(removals(markets, [0, 0], { profile })).toEqual([null, 'hidden']);
    expect(removals(markets)).toEqual([null, null]);
  });

  it("is that it must not be shown in the person's country", () => {
    const markets = [storedMarket('a', { blockedCountries: ['FR', 'US'] }), storedMarket('b')];
    const inCountry = (country: string | null) => removals(markets, [0, 0], { country });
    expect([inCountry('US'), inCountry('IL'), inCountry(null)]).toEqual([
      ...[
        ['blocked-country', null],
        [null, null],
        [null, null],
      ],
    ]);
  });

  it('is that it was shown too often', () => {
    expect(removals([storedMarket('a'), storedMarket('b')], [0, 1])).toEqual([null, 'shown-too-often']);
  });

  it('is the first of several', () => {
    const market = storedMarket('a', { resolvesAt: new Date(NOON_MS), blockedCountries: ['US'] });
    const profile = personAfter(profileEvent('HIDE', NOON_MS, { market: { id: 'a' } }));
    const open = { ...market, resolvesAt: null };
    expect(removals([market], [1], { profile, country: 'US' })).toEqual(['over']);
    expect(removals([open], [1], { profile, country: 'US' })).toEqual(['hidden']);
    expect(removals([open], [1], { country: 'US' })).toEqual(['blocked-country']);
  });
});
