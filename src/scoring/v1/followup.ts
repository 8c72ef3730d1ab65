import { comparableChange } from '../shared/comparable-change.js';

/**
 * Whether the odds have moved since a person last viewed a market. With `Δ = |p − p at that view|`:
 * 0 when Δ ≤ 0.05, else `min(1, Δ / 0.20)`. 0 as well when the market was never viewed (undefined) or
 * one of the probabilities is unknown (null).
 *
 * Δ is rounded to 1e-9 before it is compared with 0.05, so that a move from 0.50 to 0.55 counts as
 * exactly 0.05; the quotient takes it unrounded.
 *
 * Range 0 to 1. Source: existing site, algorithm v1.
 */
export function followup(probability: number | null, probabilityAtView: number | null | undefined): number {
  if (probability === null || probabilityAtView === null || probabilityAtView === undefined) return 0;
  if (comparableChange(probabilityAtView, probability) <= 0.05) return 0;
  return Math.min(1, Math.abs(probability - probabilityAtView) / 0.2);
}
