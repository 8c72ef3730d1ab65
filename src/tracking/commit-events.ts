import { insertInteractions, type Interaction } from '../repositories/interaction-repository.js';
import { insertIntoOutbox } from '../repositories/outbox-repository.js';
import { profileChanges } from '../repositories/profile-changes.js';
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
  /** The person's state right after the event. */
  readonly profile: ProfileState;
}

export interface Commit {
  /** What became of each event, in order. */
  readonly events: readonly CommittedEvent[];
  /** The states that changed, as they are now. */
  readonly changed: readonly ProfileState[];
}

export interface CommitOptions {
  readonly now: Date;
  /** A client event id that was taken since then makes a duplicate. */
  readonly clientEventsSince: Date;
  readonly memory: ProfileMemory;
  /** Names of the sinks that every event goes to. */
  readonly sinks: readonly string[];
  /** A person's state as this process last saw it; it is used only if nobody changed it since. */
  readonly lastSeen: (userKey: string) => ProfileState | undefined;
}

/**
 * Stores events and what they change of the profiles, within one transaction: all of it or nothing.
 * An event whose client event id is taken changes nothing. The profiles are locked first, so the events
 * of one person take effect in one order, that of their `seq`.
 */
export async function commitEvents(
  transaction: Transaction,
  events: readonly PreparedEvent[],
  options: CommitOptions,
): Promise<Commit> {
  const userKeys = [...new Set(events.map(({ interaction }) => interaction.userKey))];
  const before = await lockedStates(transaction, userKeys, options.lastSeen);
  const interactionIds = await claimIds(transaction, events, options);

  const states = new Map(before.map((state) => [state.userKey, state]));
  const recorded: Interaction[] = [];
  const committed = events.map(({ interaction, market }, index): CommittedEvent => {
    const interactionId = interactionIds[index] ?? interaction.id;
    const state = stateOf(states, interaction.userKey);
    if (interactionId !== interaction.id) return { interactionId, duplicate: true, profile: state };
    recorded.push({ ...interaction, country: interaction.country ?? state.country });
    const profile = applyEvent(state, toProfileEvent(interaction, market), options.memory);
    states.set(state.userKey, profile);
    return { interactionId, duplicate: false, profile };
  });
  const after = before.map((state) => {
    const now = stateOf(states, state.userKey);
    return now === state ? state : { ...now, version: state.version + 1 };
  });

  if (recorded.length > 0) {
    await transaction.write([
      insertInteractions(recorded),
      ...profileChanges(before, after),
      ...(options.sinks.length === 0 ? [] : [insertIntoOutbox(options.sinks, recorded)]),
    ]);
  }
  return { events: committed, changed: after.filter((state, index) => state !== before[index]) };
}

/** The present states of people, kept from change by others until the transaction ends. */
async function lockedStates(
  transaction: Transaction,
  userKeys: readonly string[],
  lastSeen: CommitOptions['lastSeen'],
): Promise<ProfileState[]> {
  const versions = await transaction.profiles.lock(userKeys);
  const states = new Map<string, ProfileState>();
  userKeys.forEach((userKey, index) => {
    const seen = lastSeen(userKey);
    if (seen !== undefined && seen.version === versions[index]) states.set(userKey, seen);
  });
  const missing = userKeys.filter((userKey) => !states.has(userKey));
  const loaded = missing.length === 0 ? [] : await transaction.profiles.load(missing);
  for (const state of loaded) states.set(state.userKey, state);
  return userKeys.map((userKey) => stateOf(states, userKey));
}

function stateOf(states: ReadonlyMap<string, ProfileState>, userKey: string): ProfileState {
  const state = states.get(userKey);
  if (state === undefined) throw new Error('A locked profile was not read back.');
  return state;
}

async function claimIds(
  transaction: Transaction,
  events: readonly PreparedEvent[],
  options: CommitOptions,
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

/** What of an interaction a profile takes in. */
export function toProfileEvent(
  interaction: Pick<Interaction, 'eventType' | 'occurredAt' | 'weight' | 'dwellMs' | 'country' | 'stake'>,
  market: ProfileEvent['market'],
): ProfileEvent {
  const { eventType, occurredAt, weight, dwellMs, country, stake } = interaction;
  return { eventType, occurredAtMs: occurredAt.getTime(), weight, dwellMs, country, stake, market };
}
