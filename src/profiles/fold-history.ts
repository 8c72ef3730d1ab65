import type { HistoricEvent } from '../repositories/interaction-repository.js';
import type { ProfileState } from '../repositories/profile-state.js';
import { applyEvent } from './apply-event.js';
import type { ProfileMemory } from './profile-memory.js';

/** Takes stored events into a profile: in their order they give it as it was, unless topics of markets changed since. */
export function foldHistory(
  memory: ProfileMemory,
): (state: ProfileState, event: HistoricEvent) => ProfileState {
  return (state, { eventType, occurredAt, weight, dwellMs, country, stake, ...market }) =>
    applyEvent(
      state,
      {
        ...{ eventType, weight, dwellMs, country, stake },
        occurredAtMs: occurredAt.getTime(),
        market: {
          id: market.marketId,
          category: market.category,
          tags: market.tags,
          probability: market.probability,
          volume24h: market.volume24h,
        },
      },
      memory,
    );
}
