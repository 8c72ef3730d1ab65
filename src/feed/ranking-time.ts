import { MINUTE_MS } from '../lib/time.js';
import { startOfMinute } from '../scoring/shared/time.js';
import { rowsEndingBy } from './ending-rows.js';
import type { RankingInputs } from './ranking-inputs.js';

/**
 * Longest step of the clock of rankings. Within a step, a request that is repeated gets the same feed, on every replica.
 * Events that a profile contains may be younger than the step's start; they have the age 0.
 */
export const CLOCK_STEP_MS = MINUTE_MS;

/**
 * Returns the instant as of which markets are ranked: the start of the minute, or the end of a market within it, if that is
 * later. So a market leaves feeds when it ends, and not a minute later.
 */
export function rankingTime(
  nowMs: number,
  { columns: { resolvesAtMs } }: Pick<RankingInputs['snapshot'], 'columns'>,
): number {
  let timeMs = startOfMinute(nowMs);
  for (const row of rowsEndingBy(resolvesAtMs, nowMs)) {
    const endMs = resolvesAtMs[row] as number;
    if (endMs > timeMs && endMs <= nowMs) timeMs = endMs;
  }
  return timeMs;
}
