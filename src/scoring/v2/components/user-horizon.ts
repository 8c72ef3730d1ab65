import { DAY_MS } from '../../shared/time.js';
import type { LoadValues } from '../component.js';
import { horizonLift, horizonOf, HORIZONS, horizonsAt } from '../horizon.js';

/** Choices at the shares of all users that are added to those of a user. */
const PRIOR = 10;

/**
 * The component `horizonUser`: how much likelier the user chooses markets of this horizon than all users do, by
 * {@link horizonLift} over the user's engagements. The horizon of a choice is that at its time.
 *
 * About −3 to 14; 0 without engagements. Source: algorithm v2.
 */
export function userHorizonValues(): LoadValues {
  const counts = new Float64Array(HORIZONS);
  const lifts = new Float64Array(HORIZONS);
  return ({ columns, engaged, signals, nowMs }) => {
    counts.fill(0);
    for (let market = 0; market < engaged.count; market += 1) {
      const atMs = nowMs - (engaged.days[market] as number) * DAY_MS;
      const horizon = horizonOf(engaged.endsAtMs[market] as number, atMs);
      counts[horizon] = (counts[horizon] as number) + 1;
    }
    const { horizonShares } = signals;
    for (let horizon = 0; horizon < HORIZONS; horizon += 1)
      lifts[horizon] =
        engaged.count === 0 || horizonShares === null
          ? 0
          : horizonLift(counts, horizonShares, PRIOR, horizon);
    const { ofRow } = horizonsAt(columns.resolvesAtMs, nowMs);
    return {
      fill(rows, values) {
        for (let i = 0; i < rows.length; i += 1)
          values[i] = lifts[ofRow[rows[i] as number] as number] as number;
      },
      addBounds(weight, bounds) {
        for (let row = 0; row < bounds.length; row += 1)
          bounds[row] = (bounds[row] as number) + weight * (lifts[ofRow[row] as number] as number);
      },
    };
  };
}
