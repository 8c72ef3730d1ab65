import { changedEnough, type MarketState } from './changed-enough.js';
import type { ImpressionConstants } from './constants.js';
import { heldFactor } from './held-factor.js';
import { impressionDiscount } from './impression-discount.js';
import type { MarketColumns } from './market-columns.js';
import { flagsFor, roomFor } from './scratch.js';
import { shownTooOften } from './shown-too-often.js';
import type { UserV2 } from './user-v2.js';

/**
 * What having been shown, opened and traded in leaves of each market, by row. Valid until the next `fill`.
 *
 * A market that changed enough since it was last shown has no discount for having been shown; one that changed enough
 * since the person had to do with it, none for that.
 */
export class ShownColumns {
  /** 0–1: the discount of impressions times that of what is held; 1 for a market that the person never met. */
  discount = new Float64Array(0);
  /** 1 where the market was shown and has changed enough since. */
  changed = new Uint8Array(0);
  /** 1 where it was shown too often without a click or a change. */
  capped = new Uint8Array(0);

  constructor(private readonly constants: ImpressionConstants) {}

  fill(columns: MarketColumns, user: UserV2 | null, nowMs: number): void {
    this.discount = roomFor(columns.size, this.discount).fill(1);
    this.changed = flagsFor(columns.size, this.changed).fill(0);
    this.capped = flagsFor(columns.size, this.capped).fill(0);
    if (user === null) return;
    for (const shown of user.impressions) {
      const row = columns.rowOf(shown.marketId);
      if (row === undefined) continue;
      if (changedEnough(shown, stateOf(columns, row), this.constants.changed)) {
        this.changed[row] = 1;
      } else {
        this.discount[row] = impressionDiscount(shown, nowMs, this.constants);
        this.capped[row] = shownTooOften(shown, nowMs, this.constants) ? 1 : 0;
      }
    }
    for (const held of user.held) {
      const row = columns.rowOf(held.marketId);
      if (row === undefined) continue;
      // No volume is known from then, so it does not count as changed.
      const then = { probability: held.probability, volume24h: NaN };
      if (changedEnough(then, stateOf(columns, row), this.constants.changed)) continue;
      this.discount[row] = (this.discount[row] as number) * heldFactor(held, nowMs, this.constants.held);
    }
  }
}

function stateOf({ probability, volume24h }: MarketColumns, row: number): MarketState {
  return { probability: probability[row] as number, volume24h: volume24h[row] as number };
}
