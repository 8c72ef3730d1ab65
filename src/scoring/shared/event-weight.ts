import type { EventType } from '../../domain/event.js';

/** How much the events count; the values live in the ranking config, under `events`. */
export interface EventWeights {
  /** Points by event; negative for dislike, 0 for events that say nothing of taste. */
  readonly weights: Readonly<Record<EventType, number>>;
  /** Factors for a long look: of those whose time was reached, the first in this order applies. */
  readonly dwellFactors: readonly { readonly atLeastMs: number; readonly factor: number }[];
  /** What part of an event's weight goes to each of the market's tags, 0–1; the category gets all of it. */
  readonly tagFactor: number;
}

/**
 * The points of one event: its weight, times the factor of the dwell time that came with it, if any.
 * A factor applies from its time on, that time included, and to dislike as to liking.
 *
 * Source: existing site, algorithm v1.
 */
export function eventWeight(event: EventType, dwellMs: number | null, config: EventWeights): number {
  const weight = config.weights[event];
  if (dwellMs === null) return weight;
  const reached = config.dwellFactors.find(({ atLeastMs }) => dwellMs >= atLeastMs);
  return weight * (reached?.factor ?? 1);
}
