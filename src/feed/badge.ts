import { HOUR_MS } from '../lib/time.js';

/** The badges of a card, the most important first. */
export const BADGES = ['MOVED', 'CLOSING_SOON', 'HOT', 'NEW'] as const;

export type Badge = (typeof BADGES)[number];

export interface BadgeLimits {
  /** CLOSING_SOON up to this time before the end of the market. */
  readonly closingSoonHours: number;
  /** HOT from this trending score on, 0–1. */
  readonly hotTrending: number;
  /** NEW below this age. */
  readonly newHours: number;
}

/** Returns the first of {@link BADGES} that applies to a market; null if none does. */
export function badgeOf(
  market: {
    /** Whether it changed materially since the user's last impression. */
    readonly moved: boolean;
    readonly resolvesAtMs: number;
    readonly createdAtMs: number;
    /** 0–1. */
    readonly trending: number;
  },
  nowMs: number,
  limits: BadgeLimits,
): Badge | null {
  if (market.moved) return 'MOVED';
  const leftMs = market.resolvesAtMs - nowMs;
  if (leftMs > 0 && leftMs <= limits.closingSoonHours * HOUR_MS) return 'CLOSING_SOON';
  if (market.trending >= limits.hotTrending) return 'HOT';
  if (nowMs - market.createdAtMs < limits.newHours * HOUR_MS) return 'NEW';
  return null;
}
