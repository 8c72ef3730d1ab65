import { describe, expect, it } from 'vitest';
import { emptySnapshot, patchSnapshot } from '../../../../src/catalog/catalog-snapshot.js';
import { loadRankingConfig } from '../../../../src/config/ranking-config.js';
import type { RankingConfig } from '../../../../src/config/schema/ranking-schema.js';
import type { Market } from '../../../../src/domain/market.js';
import type { ProfileState } from '../../../../src/domain/profile.js';
import { FilterPass } from '../../../../src/feed/filters/filter.js';
import { PIPELINES } from '../../../../src/feed/pipeline.js';
import { userFeatures } from '../../../../src/feed/ranking-inputs.js';
import { DAY_MS, HOUR_MS } from '../../../../src/lib/time.js';
import { NOON_MS, profileAfter, profileEvent } from '../../../support/profile-events.js';
import { storedMarket } from '../../../support/stored-market.js';

const defaults = loadRankingConfig(undefined);

/** By market, the name of the filter of algorithm v2 that removes it; null if none does. */
function removedBy(
  markets: readonly Market[],
  {
    profile = null,
    country = null,
    config = defaults,
  }: { profile?: ProfileState | null; country?: string | null; config?: RankingConfig } = {},
) {
  const snapshot = patchSnapshot(emptySnapshot, markets, 1n);
  const pass = new FilterPass();
  const user = userFeatures({ algorithm: 'v2', profile, personal: true, nowMs: NOON_MS, config });
  const { rows, removedBy: numbers } = pass.run(PIPELINES.v2.filter, {
    ...{ snapshot, profile, country, nowMs: NOON_MS, config, user },
  });
  const names = Array.from(numbers, (number) => PIPELINES.v2.filter[number - 1]?.name ?? null);
  expect([...rows]).toEqual([...names.keys()].filter((row) => names[row] === null));
  return names;
}

/** Ignored 12 times in the last hours. */
const ignoring = (marketId: string, details: Partial<Market> = {}) =>
  Array.from({ length: 12 }, (_, index) =>
    profileEvent('IMPRESSION', NOON_MS - (index + 1) * HOUR_MS, {
      market: { id: marketId, probability: 0.5, ...details, volume24h: 0 },
    }),
  ).reverse();

describe('a filter', () => {
  it('removes markets from the instant of their resolution time on', () => {
    const markets = [NOON_MS - 1, NOON_MS, NOON_MS + 1].map((ms, index) =>
      storedMarket(`m${index}`, { resolvesAt: new Date(ms) }),
    );
    expect(removedBy([...markets, storedMarket('m3')])).toEqual(['over', 'over', null, null]);
  });

  it('keeps overdue markets that their source reports as open, for the configured days', () => {
    const overdue = [1, 30 * DAY_MS - 1, 30 * DAY_MS].map((agoMs, index) =>
      storedMarket(`m${index}`, { resolvesAt: new Date(NOON_MS - agoMs), openPastDue: true }),
    );
    const changed = (feed: Partial<RankingConfig['feed']>) => ({
      config: { ...defaults, feed: { ...defaults.feed, ...feed } },
    });
    expect(removedBy(overdue)).toEqual([null, null, 'over']);
    expect(removedBy(overdue, changed({ overdueDays: 29 }))).toEqual([null, 'over', 'over']);
    expect(removedBy(overdue, changed({ overdue: 'hide' }))).toEqual(['over', 'over', 'over']);
  });

  it('removes the markets that the user hid, for that user only', () => {
    const markets = [storedMarket('a'), storedMarket('b')];
    const profile = profileAfter(
      profileEvent('HIDE', NOON_MS, { market: { id: 'b' } }),
      profileEvent('HIDE', NOON_MS, { market: { id: 'not in the catalog' } }),
    );
    expect(removedBy(markets, { profile })).toEqual([null, 'hidden']);
    expect(removedBy(markets)).toEqual([null, null]);
  });

  it('removes markets that are blocked in the country', () => {
    const markets = [storedMarket('a', { blockedCountries: ['FR', 'US'] }), storedMarket('b')];
    const inCountry = (country: string | null) => removedBy(markets, { country });
    expect(inCountry('US')).toEqual(['blocked-country', null]);
    expect(inCountry('IL')).toEqual([null, null]);
    expect(inCountry(null)).toEqual([null, null]);
  });

  it('removes markets over the frequency cap, unless they changed materially', () => {
    const markets = [storedMarket('a'), storedMarket('b')];
    expect(removedBy(markets, { profile: profileAfter(...ignoring('b')) })).toEqual([
      null,
      'shown-too-often',
    ]);
    const clicked = profileEvent('CLICK', NOON_MS, { market: { id: 'b' } });
    expect(removedBy(markets, { profile: profileAfter(...ignoring('b'), clicked) })).toEqual([null, null]);
    expect(removedBy(markets, { profile: profileAfter(...ignoring('b', { probability: 0.4 })) })).toEqual([
      null,
      null,
    ]);
  });

  it('removes markets that the user ignored for three days, unless they changed materially', () => {
    const ignored = (probability: number) => ({
      profile: profileAfter(
        ...Array.from({ length: 9 }, (_, index) =>
          profileEvent('IMPRESSION', NOON_MS - 3 * DAY_MS + index * 8 * HOUR_MS, {
            market: { id: 'b', probability, volume24h: 0 },
          }),
        ),
      ),
    });
    const markets = [storedMarket('a'), storedMarket('b')];
    expect(removedBy(markets, ignored(0.5))).toEqual([null, 'shown-too-often']);
    expect(removedBy(markets, ignored(0.4))).toEqual([null, null]);
  });

  it('is named as the first of several that remove a market', () => {
    const resolvedAndBlocked = storedMarket('a', {
      resolvesAt: new Date(NOON_MS),
      blockedCountries: ['US'],
    });
    const open = { ...resolvedAndBlocked, resolvesAt: null };
    const hid = profileEvent('HIDE', NOON_MS, { market: { id: 'a' } });
    const hidAndIgnored = { profile: profileAfter(...ignoring('a'), hid), country: 'US' };
    const ignored = { profile: profileAfter(...ignoring('a')), country: 'US' };
    expect(removedBy([resolvedAndBlocked], hidAndIgnored)).toEqual(['over']);
    expect(removedBy([open], hidAndIgnored)).toEqual(['hidden']);
    expect(removedBy([open], ignored)).toEqual(['blocked-country']);
  });
});
