import type { Momentum } from '../../domain/trends.js';
import { logit } from './probability.js';

/** Current and earlier figures of a market; null where one is unknown. */
export interface MomentumFigures {
  /** 0–1. */
  readonly probability: number | null;
  readonly probability1hAgo: number | null;
  readonly probability24hAgo: number | null;
  /** In the site's currency unit, 0 or more. */
  readonly volume24h: number | null;
  readonly volume24hADayAgo: number | null;
  readonly participantCount: number | null;
  readonly participantCount24hAgo: number | null;
}

/** Changes of a market within an hour and a day. */
export function momentum(figures: MomentumFigures): Momentum {
  const { probability, volume24h, volume24hADayAgo, participantCount, participantCount24hAgo } = figures;
  return {
    probabilityChange1h: difference(probability, figures.probability1hAgo),
    probabilityChange24h: difference(probability, figures.probability24hAgo),
    volumeRatio24h: ratio(volume24h, volume24hADayAgo),
    participantChange24h: difference(participantCount, participantCount24hAgo),
  };
}

function difference(now: number | null, before: number | null): number | null {
  return now === null || before === null ? null : now - before;
}

/** Null where the quotient is not a finite number, as for a volume close to 0. */
function ratio(now: number | null, before: number | null): number | null {
  if (now === null || before === null) return null;
  const value = now / before;
  return before > 0 && Number.isFinite(value) ? value : null;
}

/**
 * Strength of a market's move before normalization: `ln(1 + volume24h) · |logit(p) − logit(p 24 h ago)|`, with p clamped
 * to [0.01, 0.99].
 *
 * 0 or more, in log-odds times log-volume; 0 when the volume or a probability is unknown (NaN).
 */
export function risingStrength(volume24h: number, probability: number, probability24hAgo: number): number {
  const strength =
    Math.log1p(Math.max(0, volume24h)) * Math.abs(logit(probability) - logit(probability24hAgo));
  return Number.isFinite(strength) ? strength : 0;
}

/** The component `rising`: each strength divided by the largest. Range 0 to 1. */
export function risingColumn(strengths: Float64Array): Float64Array {
  let largest = 0;
  for (const strength of strengths) if (strength > largest) largest = strength;
  return largest === 0 ? strengths : strengths.map((strength) => strength / largest);
}
