import { comparableChange } from '../shared/comparable-change.js';
import type { ChangeConstants } from './constants.js';
import { logit } from './logit.js';

/** A market's odds and volume at some time. */
export interface MarketState {
  /** 0–1; NaN when there is none. */
  readonly probability: number;
  readonly volume24h: number;
}

/**
 * Whether a market changed enough to be shown as if it were new: |Δlogit(p)|, or |Δp|, or the growth of volume24h
 * reaches its threshold. Any volume is growth from none. What is unknown has not changed. Changes are rounded to 1e-9
 * before they are compared, so that from 0.50 to 0.60 is a change of exactly 0.10.
 *
 * Source: algorithm v2.
 */
export function changedEnough(then: MarketState, now: MarketState, constants: ChangeConstants): boolean {
  return (
    comparableChange(then.probability, now.probability) >= constants.probability ||
    comparableChange(logit(then.probability), logit(now.probability)) >= constants.logit ||
    (now.volume24h > then.volume24h && now.volume24h >= constants.volumeFactor * then.volume24h)
  );
}
