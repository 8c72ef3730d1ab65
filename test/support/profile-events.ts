import { loadRankingConfig } from '../../src/config/ranking-config.js';
import {
  emptyProfile,
  type FullProfile,
  type ProfileEvent,
  type ProfileState,
} from '../../src/domain/profile.js';
import { type EventType } from '../../src/domain/event.js';
import { eventWeight } from '../../src/scoring/shared/event-weight.js';
import { applyEvents } from '../../src/domain/apply-events.js';
import { decayConfig } from '../../src/profiles/profile-decay.js';

/** A Monday at noon. */
export const NOON_MS = Date.UTC(2026, 5, 15, 12);

const config = loadRankingConfig(undefined);

/** The decay config of the default ranking config. */
export const decay = decayConfig(config);

/** An event with the default weight of its type. */
export function profileEvent(
  eventType: EventType,
  occurredAtMs: number,
  details: {
    market?: Partial<ProfileEvent['market']>;
    dwellMs?: number;
    country?: string;
    stake?: number;
  } = {},
): ProfileEvent {
  const dwellMs = details.dwellMs ?? null;
  return {
    eventType,
    occurredAtMs,
    dwellMs,
    weight: eventWeight(eventType, dwellMs, config.events),
    country: details.country ?? null,
    stake: details.stake ?? null,
    market: {
      id: 'm1',
      category: 'Politics',
      tags: ['Elections'],
      probability: 0.5,
      volume24h: 100,
      ...details.market,
    },
  };
}

/** Applies events with the default ranking config. */
export function fold<Profile extends ProfileState>(state: Profile, events: readonly ProfileEvent[]): Profile {
  return applyEvents(state, events, decay);
}

/** Returns a profile after events, in the order of their arrival. */
export function profileAfter(...events: ProfileEvent[]): FullProfile {
  return fold(emptyProfile('ada'), events);
}
