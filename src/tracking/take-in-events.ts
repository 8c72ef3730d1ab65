import type { Interaction } from '../repositories/interaction-repository.js';
import type { ProfileState } from '../repositories/profile-state.js';
import { applyEvent, type ProfileEvent } from '../profiles/apply-event.js';
import type { ProfileMemory } from '../profiles/profile-memory.js';

/** An event ready to be stored: checked, weighed, and joined with its market. */
export interface PreparedEvent {
  /** `country` may still be filled in from the profile. */
  readonly interaction: Interaction;
  readonly market: ProfileEvent['market'];
}

/** The users of these events, each once. */
export function usersOf(events: readonly PreparedEvent[]): string[] {
  return [...new Set(events.map(({ interaction }) => interaction.userKey))];
}

export interface CommittedEvent {
  /** The interaction that the event stands for; of a duplicate, the first one's. */
  readonly interactionId: string;
  readonly duplicate: boolean;
  /** The person's state right after the event. */
  readonly profile: ProfileState;
}

export interface TakenIn {
  /** What becomes of each event, in order. */
  readonly events: readonly CommittedEvent[];
  /** What is to be stored: the events that are no duplicates, in order. */
  readonly recorded: readonly Interaction[];
  /** The states that change, as they become. */
  readonly changed: readonly ProfileState[];
}

/**
 * What becomes of events, and of the profiles of those who did it. Pure.
 *
 * @param before the states of all the people whose events these are.
 * @param interactionIdOf the interaction that an event stands for: its own, or of a duplicate the first one's.
 */
export function takeInEvents(
  events: readonly PreparedEvent[],
  before: readonly ProfileState[],
  interactionIdOf: (index: number) => string | undefined,
  memory: ProfileMemory,
): TakenIn {
  const states = new Map(before.map((state) => [state.userKey, state]));
  const recorded: Interaction[] = [];
  const committed = events.map(({ interaction, market }, index): CommittedEvent => {
    const state = states.get(interaction.userKey);
    if (state === undefined) throw new Error('The profile of an event was not read.');
    const interactionId = interactionIdOf(index) ?? interaction.id;
    if (interactionId !== interaction.id) return { interactionId, duplicate: true, profile: state };
    recorded.push(interaction.country === null ? { ...interaction, country: state.country } : interaction);
    const { eventType, weight, dwellMs, country, stake, occurredAt } = interaction;
    const event = { eventType, weight, dwellMs, country, stake, market, occurredAtMs: occurredAt.getTime() };
    const profile = applyEvent(state, event, memory);
    states.set(state.userKey, profile);
    return { interactionId, duplicate: false, profile };
  });
  const changed = before.flatMap((old) => {
    const state = states.get(old.userKey);
    return state === undefined || state === old ? [] : [{ ...state, version: old.version + 1 }];
  });
  return { events: committed, recorded, changed };
}
