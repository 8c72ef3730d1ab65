import { MINUTE_MS } from '../lib/time.js';
import { startOfMinute } from '../scoring/shared/time.js';
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
  const minuteMs = startOfMinute(nowMs);
  return endsWithin(resolvesAtMs, minuteMs).findLast((endMs) => endMs <= nowMs) ?? minuteMs;
}

interface Ends {
  readonly minuteMs: number;
  readonly ends: readonly number[];
}

/** By the column of ends, those of one minute: one pass over the column serves its requests. */
const endsOfMinute = new WeakMap<Float64Array, Ends>();

/** Returns the ends after the start of a minute and before the next one, ascending. */
function endsWithin(resolvesAtMs: Float64Array, minuteMs: number): readonly number[] {
  const known = endsOfMinute.get(resolvesAtMs);
  if (known?.minuteMs === minuteMs) return known.ends;
  const ends = new Set<number>();
  for (const endMs of resolvesAtMs) if (endMs > minuteMs && endMs < minuteMs + MINUTE_MS) ends.add(endMs);
  const sorted = [...ends].sort((a, b) => a - b);
  endsOfMinute.set(resolvesAtMs, { minuteMs, ends: sorted });
  return sorted;
}
