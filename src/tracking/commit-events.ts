import type { Interaction } from '../repositories/interaction-repository.js';
import type { ProfileState } from '../repositories/profile-state.js';
import type { Transaction } from '../repositories/store.js';
import { applyEvent, type ProfileEvent } from '../profiles/apply-event.js';
import type { ProfileMemory } from '../profiles/profile-memory.js';

/** An event ready to be stored: checked, weighed, and joined with its market. */
export interface PreparedEvent {
  /** `country` may still be filled in from the profile. */
  readonly interaction: Interaction;
  readonly market: ProfileEvent['market'];
}

export interface CommittedEvent {
  /** The interaction that the event stands for; of a duplicate, the first one's. */
  readonly interactionId: string;
  readonly duplicate: boolean;
  /** The person's state after the whole commit. */
  readonly profile: ProfileState;
}

/**
 * Stores events and what they change of the profiles, within one transaction: all of it or nothing.
 * An event whose client event id was taken since `clientEventsSince` changes nothing.
 *
 * @returns what became of each event, in order.
 */
export async function commitEvents(
  transaction: Transaction,
  events: readonly PreparedEvent[],
  options: { now: Date; clientEventsSince: Date; memory: ProfileMemory },
): Promise<CommittedEvent[]> {
  const userKeys = [...new Set(events.map(({ interaction }) => interaction.userKey))];
  await transaction.profiles.lock(userKeys);
  const interactionIds = await claimIds(transaction, events, options);
  const before = await transaction.profiles.load(userKeys);
  const states = new Map(before.map((state) => [state.userKey, state]));

  const recorded: Interaction[] = [];
  events.forEach(({ interaction, market }, index) => {
    if (interactionIds[index] !== interaction.id) return;
    const state = states.get(interaction.userKey);
    if (state === undefined) return;
    const country = interaction.country ?? state.country;
    recorded.push({ ...interaction, country });
    states.set(state.userKey, applyEvent(state, toProfileEvent(interaction, market), options.memory));
  });

  if (recorded.length > 0) {
    await transaction.interactions.insert(recorded);
    await transaction.profiles.save(
      before,
      before.map((state) => states.get(state.userKey) ?? state),
    );
  }
  return events.map(({ interaction }, index) => {
    const interactionId = interactionIds[index] ?? interaction.id;
    const profile = states.get(interaction.userKey);
    if (profile === undefined) throw new Error('A locked profile was not read back.');
    return { interactionId, duplicate: interactionId !== interaction.id, profile };
  });
}

async function claimIds(
  transaction: Transaction,
  events: readonly PreparedEvent[],
  options: { now: Date; clientEventsSince: Date },
): Promise<string[]> {
  const named = events.flatMap(({ interaction: { id, userKey, clientEventId } }) =>
    clientEventId === null ? [] : [{ userKey, clientEventId, interactionId: id }],
  );
  if (named.length === 0) return events.map(({ interaction }) => interaction.id);
  const { now, clientEventsSince } = options;
  const claimed = (await transaction.interactions.claimClientEvents(named, now, clientEventsSince)).values();
  return events.map(({ interaction }) =>
    interaction.clientEventId === null ? interaction.id : (claimed.next().value ?? interaction.id),
  );
}

function toProfileEvent(interaction: Interaction, market: ProfileEvent['market']): ProfileEvent {
  return {
    eventType: interaction.eventType,
    occurredAtMs: interaction.occurredAt.getTime(),
    weight: interaction.weight,
    dwellMs: interaction.dwellMs,
    country: interaction.country,
    market,
  };
}
