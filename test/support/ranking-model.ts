import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { LiveSignals, signalMarket } from '../../src/learning/live-signals.js';
import type { Market } from '../../src/domain/market.js';
import { HOUR_MS } from '../../src/lib/time.js';
import type { LearnedName, RankingModel } from '../../src/scoring/v2/ranking-model.js';
import type { SiteSignals } from '../../src/scoring/v2/site-signals.js';
import { evidenceOf } from './exploration.js';
import { NOON_MS } from './profile-events.js';
import { storedMarket } from './stored-market.js';

/** Every feature counts. */
export const FEATURE_WEIGHTS: Readonly<Record<LearnedName, number>> = {
  ...{ last: 0.3, ladder: 0.2, fam: 0.1, sib1: 0.2, sibDir: 0.1, trMarket: 0.5, trSeries: 0.1 },
  ...{ horizonUser: 0.2, sameDate: 0.1, horizonAll: 0.05, horizonTemplate: 0.05, popular7d: 0.02 },
  ...{ touched: 0.1, weekHour: 0.1, groupDemand: 0.05, popularHere: 0.05 },
  ...{ collaborative: 0.2, textSimilarity: 0.2 },
};

/** A model after random choices among some markets. */
export function modelOf(markets: readonly Market[], draw: (below: number) => number): RankingModel {
  const signals = new LiveSignals();
  for (let choice = 0; choice < markets.length; choice += 1) {
    const market = markets[draw(markets.length)];
    if (market === undefined) break;
    const atMs = NOON_MS - (markets.length - choice) * HOUR_MS;
    signals.add({ atMs, userKey: `user ${draw(5)}`, country: null, market: signalMarket(market) });
  }
  return {
    version: '1',
    learned: { v2: 0.5 + draw(10) / 10, features: FEATURE_WEIGHTS },
    signals: signals.view(),
    exploration: evidenceOf(
      markets.filter(() => draw(2) === 0).map(({ id }) => id),
      draw,
    ),
  };
}

/** The signals after random choices among markets of these ids. */
export function signalsOf(ids: readonly string[], seed: number): SiteSignals {
  const rng = xoroshiro128plus(seed);
  const markets = ids.map((id) => storedMarket(id));
  return modelOf(markets, (below) => uniformInt(rng, 0, below - 1)).signals;
}
