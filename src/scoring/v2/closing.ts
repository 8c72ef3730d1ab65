const DAY_MS = 86_400_000;

/**
 * How near a market's end is: 1 when it resolves within a day, 0.8 within 7 days, 0.5 within 30, 0.25 within 90, each
 * bound included; else 0.1, also when the end is unknown or past.
 *
 * Range 0.1 to 1. Source: algorithm v2.
 */
export function closing(resolvesAtMs: number, nowMs: number): number {
  const leftMs = resolvesAtMs - nowMs;
  if (!(leftMs >= 0 && leftMs <= 90 * DAY_MS)) return 0.1;
  if (leftMs > 30 * DAY_MS) return 0.25;
  if (leftMs > 7 * DAY_MS) return 0.5;
  return leftMs > DAY_MS ? 0.8 : 1;
}

const STEPS_DAYS = [90, 30, 7, 1, 0];

/** The first instant from now on at which {@link closing} may give something else; infinite when there is none. */
export function nextClosingMs(resolvesAtMs: number, nowMs: number): number {
  for (const days of STEPS_DAYS) {
    const stepMs = resolvesAtMs - days * DAY_MS;
    if (stepMs >= nowMs) return stepMs;
  }
  return Infinity;
}
