import { logit } from './logit.js';
import { unitRange } from './unit-range.js';

/**
 * Whether the odds have moved since a person last looked at a market: `min(1, |logit(p) − logit(p then)|)`, so that
 * a move of 1 in log-odds, such as from 0.50 to 0.73, is a full one. 0 when either is unknown (NaN). Unlike in v1,
 * a move near 0 or 1 counts as what it is there.
 *
 * Range 0 to 1. Source: algorithm v2.
 */
export function followupV2(probability: number, probabilityThen: number): number {
  return unitRange(Math.abs(logit(probability) - logit(probabilityThen)));
}
