import type { EventType } from '../../domain/event.js';

/** Weights of events; the values are in the ranking config under `events`. */
export interface EventWeights {
  /** Points by event type: negative for disliking events, 0 for events that carry no preference. */
  readonly weights: Readonly<Record<EventType, number>>;
  /** Factors for long dwell times. The first entry whose time is reached applies. */
  readonly dwellFactors: readonly { readonly atLeastMs: number; readonly factor: number }[];
  /** Share of an event's weight that each tag of the market gets, 0–1. The category gets all of it. */
  readonly tagFactor: number;
}

/**
 * Points of one event: its weight times the factor of its dwell time, if it has one. A factor applies from its time on,
 * that time included, and to negative weights as well.
 *
 * Range: that of the configured weights times the largest factor. Source: the classic interest + trending formula
 * (docs/algorithm-v1.md).
 *
 * @param dwellMs null without a dwell time.
 */
export function eventWeight(event: EventType, dwellMs: number | null, config: EventWeights): number {
  const weight = config.weights[event];
  if (dwellMs === null) return weight;
  const reached = config.dwellFactors.find(({ atLeastMs }) => dwellMs >= atLeastMs);
  return weight * (reached?.factor ?? 1);
}
