/** What a card may say of itself. */
export const BADGES = ['MOVED', 'CLOSING_SOON', 'HOT', 'NEW'] as const;

export type Badge = (typeof BADGES)[number];

/** From where on a market has a badge. */
export interface BadgeLimits {
  readonly closingSoonHours: number;
  /** 0–1. */
  readonly hotTrending: number;
  readonly newHours: number;
}

const HOUR_MS = 3_600_000;

/**
 * The one thing most worth saying of a market, in the order of {@link BADGES}: that it moved since the person was
 * shown it, that it resolves soon, that many are on it now, that it is new; null for none.
 *
 * @param trending 0–1.
 */
export function badgeOf(
  market: {
    readonly moved: boolean;
    readonly resolvesAtMs: number;
    readonly createdAtMs: number;
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
