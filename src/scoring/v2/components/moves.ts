import { decayFactor } from '../../../domain/decay.js';
import type { LoadValues } from '../component.js';
import { keyRows } from '../key-rows.js';
import { SparseValues } from '../sparse-values.js';

/** Number of latest markets whose moves count; each later engagement halves them. */
const MARKETS = 3;

/** Engagements without a next market that are added to those of a market, so that few moves count little. */
const PRIOR = 3;

/**
 * The component `trMarket`: how often users moved on from the user's latest markets to this one. It is
 * `Σ 2^(−z)·n(m_z → c) / (n(m_z) + 3)` over the latest 3 engagements, where n(m → c) counts the moves of
 * all users within a day and n(m) their engagements.
 *
 * Range 0 to 1.75. Source: algorithm v2; first-order Markov chain.
 */
export function marketMovesValues(): LoadValues {
  const likelihood = new SparseValues();
  return ({ columns, engaged, signals }) => {
    likelihood.reset(columns.size);
    for (let market = 0; market < Math.min(engaged.count, MARKETS); market += 1) {
      const moves = signals.movesFromMarket(engaged.marketIds[market] as string);
      if (moves === undefined) continue;
      const factor = decayFactor(market, 1) / (moves.total + PRIOR);
      for (const [marketId, count] of moves.to) {
        const row = columns.rowOf(marketId);
        if (row !== undefined) likelihood.add(row, factor * count);
      }
    }
    return sparse(likelihood);
  };
}

/**
 * The component `trSeries`: {@link marketMovesValues} between series, where a move within a series counts too.
 *
 * Range 0 to 1.75. Source: algorithm v2.
 */
export function seriesMovesValues(): LoadValues {
  const likelihood = new SparseValues();
  return ({ columns, engaged, signals }) => {
    likelihood.reset(columns.size);
    const { series } = columns.patterns;
    const { start, rows } = keyRows(series.ids, series.count);
    for (let market = 0; market < Math.min(engaged.count, MARKETS); market += 1) {
      const moves = signals.movesFromSeries(engaged.seriesKeys[market] as string);
      if (moves === undefined) continue;
      const factor = decayFactor(market, 1) / (moves.total + PRIOR);
      for (const [key, count] of moves.to) {
        const id = series.idOf(key);
        if (id === undefined) continue;
        const to = start[id + 1] as number;
        for (let at = start[id] as number; at < to; at += 1)
          likelihood.add(rows[at] as number, factor * count);
      }
    }
    return sparse(likelihood);
  };
}

function sparse(likelihood: SparseValues): ReturnType<LoadValues> {
  return {
    fill(rows, values) {
      likelihood.fill(rows, values);
    },
    addBounds(weight, bounds) {
      likelihood.addTo(weight, bounds);
    },
  };
}
