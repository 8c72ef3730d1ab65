import type { MarketInputs } from '../component.js';
import { keyRows } from '../key-rows.js';
import { shrunkRatio } from '../shrunk-ratio.js';
import { decayedTo, GROUP_HALF_LIFE_DAYS, GROUPS } from '../site-signals.js';

/** Expected choices that the ratio of the wider group counts as. */
const PRIOR_CHOICES = 10;

/**
 * The component `groupDemand`: how much more often users choose markets like this one than there are such markets, which is
 * known before any user engaged with the market itself. The ratio of a group is the number of its choices, with a half-life of
 * 30 days, relative to its share of the open markets. Each ratio is shrunk to that of the wider group by 10 expected choices:
 * the series to the title template, that to the source, and that to 1. The value is the logarithm.
 *
 * About −6 to 6; 0 without choices. Source: algorithm v2.
 */
export function groupDemand({
  columns: { patterns, catalogPatterns },
  signals,
  nowMs,
}: MarketInputs): (row: number) => number {
  const allChoices = decayedTo(nowMs, signals.recentChoices, GROUP_HALF_LIFE_DAYS);
  const size = catalogPatterns.series.ids.length;
  if (!(allChoices > 0) || size === 0) return () => 0;
  const perMarket = allChoices / size;
  const ratioOf = GROUPS.map((group) => {
    const keys = patterns[group];
    const inCatalog = catalogPatterns[group];
    const isSubset = keys.ids !== inCatalog.ids;
    const { start } = keyRows(inCatalog.ids, inCatalog.count);
    const marketsOf = (id: number | undefined): number =>
      id === undefined ? 0 : (start[id + 1] as number) - (start[id] as number);
    return (row: number, wider: number): number => {
      const id = keys.ids[row] as number;
      const key = keys.keyOf(id);
      // A market that the catalog lacks is one more of its group.
      const markets = Math.max(1, marketsOf(isSubset ? inCatalog.idOf(key) : id));
      const choices = decayedTo(nowMs, signals.recentChoicesIn(group, key), GROUP_HALF_LIFE_DAYS);
      return shrunkRatio(choices, perMarket * markets, wider, PRIOR_CHOICES);
    };
  });
  return (row) => Math.log(ratioOf.reduce((wider, ratio) => ratio(row, wider), 1));
}
