import { BellwetherError } from '../lib/errors.js';
import { isConflict, type AppendedProfile } from '../storage/events/recording.js';
import type { Store, Transaction } from '../storage/store.js';
import { RETRY_AFTER_MS } from '../storage/database-errors.js';
import type { PreparedEvent } from '../domain/event.js';
import type { IgnoredReason } from './admit-events.js';

export interface CommittedEvent {
  /** The user that the event belongs to: another than that of the event if its user was merged. */
  readonly userKey: string;
  /** Id of the recorded interaction; of a duplicate, the id of the interaction first recorded under its key. */
  readonly interactionId: string;
  readonly duplicate: boolean;
}

/** An event of a user who opted out or was erased: it has no effect. */
export interface IgnoredEvent {
  readonly userKey: string;
  readonly ignored: IgnoredReason;
}

/** Result of one event of a group. */
export type EventOutcome = (CommittedEvent & { readonly ignored?: never }) | IgnoredEvent;

export interface Commit {
  /** The result of each event, in order. */
  readonly events: readonly CommittedEvent[];
  readonly appended: readonly AppendedProfile[];
  /** Stored versions of profiles with only duplicates. This process may not know of the commit that changed them. */
  readonly unchanged: readonly { readonly userKey: string; readonly version: number }[];
}

export interface CommitOptions {
  readonly now: Date;
  /** An event is a duplicate if its idempotency key was recorded at or after this time. */
  readonly duplicatesSince: Date;
  /** Names of the sinks that receive every event. */
  readonly sinks: readonly string[];
  /** Maps a user key to its pseudonym, to find retired users. */
  readonly pseudonymOf: (userKey: string) => string;
  /** Returns the latest countries of users, for events without a country. */
  readonly countriesOf: (userKeys: readonly string[]) => Promise<ReadonlyMap<string, string | null>>;
}

/** Message of the UNAVAILABLE error for events that could not be stored. */
export const STORE_FAILED = 'The events could not be stored now; send them again after retryAfterMs.';

const LOCKED_ATTEMPTS = 4;

/**
 * Stores events and appends them to the profiles of their users, all or nothing. A duplicate changes nothing. The events of
 * a user take effect in the order of their `seq`.
 *
 * First tries one statement, which fails if an idempotency key is already recorded. Then it uses a transaction that locks
 * the profiles and finds the duplicates first.
 *
 * @throws {BellwetherError} UNAVAILABLE after {@link LOCKED_ATTEMPTS} attempts fail with a conflict or deadlock.
 * @throws an error for which `isRetired` holds, if a user was retired and this replica does not know it yet.
 */
export async function commitEvents(
  store: Pick<Store, 'record' | 'transaction'>,
  events: readonly PreparedEvent[],
  options: CommitOptions,
): Promise<Commit> {
  const located = await withCountries(events, options.countriesOf);
  const commit = hasRepeatedKey(events) ? undefined : await commitWithoutDuplicates(store, located, options);
  if (commit !== undefined) return commit;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await store.transaction((transaction) => commitLocked(transaction, located, options));
    } catch (error) {
      // Transactions that insert users can deadlock; PostgreSQL then aborts one of them.
      if (!isConflict(error)) throw error;
      if (attempt === LOCKED_ATTEMPTS) {
        throw BellwetherError.unavailable(STORE_FAILED, RETRY_AFTER_MS, error);
      }
    }
  }
}

/** Returns the distinct users of events. */
export function usersOf(events: readonly PreparedEvent[]): string[] {
  return [...new Set(events.map(({ interaction }) => interaction.userKey))];
}

/** @returns undefined if nothing was stored because an idempotency key is already recorded. */
async function commitWithoutDuplicates(
  store: Pick<Store, 'record'>,
  events: readonly PreparedEvent[],
  { sinks, pseudonymOf }: CommitOptions,
): Promise<Commit | undefined> {
  try {
    const appended = await store.record({ events, sinks, claim: true, pseudonymOf });
    return { events: events.map(recorded), appended, unchanged: [] };
  } catch (error) {
    if (isConflict(error)) return undefined;
    throw error;
  }
}

async function commitLocked(
  transaction: Transaction,
  events: readonly PreparedEvent[],
  options: CommitOptions,
): Promise<Commit> {
  const { sinks, pseudonymOf } = options;
  const userKeys = usersOf(events);
  const versions = await transaction.profiles.lock(userKeys);
  const interactionIds = await claimIds(transaction, events, options);
  const isNew = (index: number): boolean => interactionIds[index] === events[index]?.interaction.id;
  const newEvents = events.filter((_, index) => isNew(index));
  const appended =
    newEvents.length === 0
      ? []
      : await transaction.record({ events: newEvents, sinks, claim: false, pseudonymOf });
  const changed = new Set(appended.map(({ userKey }) => userKey));
  return {
    events: events.map((event, index) =>
      isNew(index)
        ? recorded(event)
        : { ...recorded(event), interactionId: interactionIds[index] ?? '', duplicate: true },
    ),
    appended,
    unchanged: userKeys.flatMap((userKey, index) =>
      changed.has(userKey) ? [] : [{ userKey, version: versions[index] ?? 0 }],
    ),
  };
}

function recorded({ interaction: { userKey, id } }: PreparedEvent): CommittedEvent {
  return { userKey, interactionId: id, duplicate: false };
}

/** Adds the latest country of the user to events without a country. */
async function withCountries(
  events: readonly PreparedEvent[],
  countriesOf: CommitOptions['countriesOf'],
): Promise<readonly PreparedEvent[]> {
  const withoutCountry = events.filter(({ interaction }) => interaction.country === null);
  if (withoutCountry.length === 0) return events;
  const countries = new Map(await countriesOf(usersOf(withoutCountry)));
  return events.map((event): PreparedEvent => {
    const { userKey, country } = event.interaction;
    if (country !== null) {
      countries.set(userKey, country);
      return event;
    }
    return { ...event, interaction: { ...event.interaction, country: countries.get(userKey) ?? null } };
  });
}

/** Whether two events have the same user and idempotency key. */
function hasRepeatedKey(events: readonly PreparedEvent[]): boolean {
  const keys = events.flatMap(({ interaction: { userKey, clientEventId } }) =>
    clientEventId === null ? [] : [`${clientEventId.length} ${clientEventId} ${userKey}`],
  );
  return new Set(keys).size < keys.length;
}

/** Records the idempotency keys of events. @returns the interaction id under which each is recorded. */
async function claimIds(
  transaction: Transaction,
  events: readonly PreparedEvent[],
  options: CommitOptions,
): Promise<string[]> {
  const claims = events.flatMap(({ interaction: { id, userKey, clientEventId } }) =>
    clientEventId === null ? [] : [{ userKey, clientEventId, interactionId: id }],
  );
  if (claims.length === 0) return events.map(({ interaction }) => interaction.id);
  const { now, duplicatesSince } = options;
  const claimed = (await transaction.interactions.claimClientEvents(claims, now, duplicatesSince)).values();
  return events.map(({ interaction }) =>
    interaction.clientEventId === null ? interaction.id : (claimed.next().value ?? interaction.id),
  );
}
