import { BellwetherError } from '../lib/errors.js';
import { isConflict, type AppendedProfile } from '../storage/events/recording.js';
import type { Store, Transaction } from '../storage/store.js';
import { RETRY_AFTER_MS } from '../storage/database-errors.js';
import type { PreparedEvent } from './prepare-event.js';

export interface CommittedEvent {
  readonly userKey: string;
  /** The interaction that the event stands for; of a duplicate, the first one's. */
  readonly interactionId: string;
  readonly duplicate: boolean;
}

export interface Commit {
  /** The outcome of each event, in order. */
  readonly events: readonly CommittedEvent[];
  readonly appended: readonly AppendedProfile[];
  /** The stored versions of the profiles of duplicates, whose first commit this process may not know of. */
  readonly unchanged: readonly { readonly userKey: string; readonly version: number }[];
}

export interface CommitOptions {
  readonly now: Date;
  /** A client event id that was taken since then makes a duplicate. */
  readonly clientEventsSince: Date;
  /** Names of the sinks that every event goes to. */
  readonly sinks: readonly string[];
  /** The last known countries of users; events without a country get them. */
  readonly countriesOf: (userKeys: readonly string[]) => Promise<ReadonlyMap<string, string | null>>;
}

const LOCKED_ATTEMPTS = 4;

/**
 * Stores events and appends them to the profiles of their users: all or nothing. An event whose client event id is taken
 * changes nothing. The events of one user take effect in one order, that of their `seq`.
 *
 * One statement does it, which fails if a client event id is taken. Then it is done once more within a transaction that
 * locks the profiles and finds the duplicates first.
 *
 * @throws {BellwetherError} UNAVAILABLE after {@link LOCKED_ATTEMPTS} attempts fail with a conflict or deadlock.
 */
export async function commitEvents(
  store: Pick<Store, 'record' | 'transaction'>,
  events: readonly PreparedEvent[],
  options: CommitOptions,
): Promise<Commit> {
  const located = await withCountries(events, options.countriesOf);
  const commit = hasRepetition(events) ? undefined : await commitUnclaimed(store, located, options);
  if (commit !== undefined) return commit;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await store.transaction((transaction) => commitLocked(transaction, located, options));
    } catch (error) {
      // Transactions that insert users can deadlock; PostgreSQL then ends one of them.
      if (!isConflict(error)) throw error;
      if (attempt === LOCKED_ATTEMPTS) {
        throw BellwetherError.unavailable('The events could not be stored now.', RETRY_AFTER_MS, error);
      }
    }
  }
}

/** The users of these events, each once. */
export function usersOf(events: readonly PreparedEvent[]): string[] {
  return [...new Set(events.map(({ interaction }) => interaction.userKey))];
}

/** @returns undefined when nothing was stored because a client event id is taken. */
async function commitUnclaimed(
  store: Pick<Store, 'record'>,
  events: readonly PreparedEvent[],
  { sinks }: CommitOptions,
): Promise<Commit | undefined> {
  try {
    const appended = await store.record({ events, sinks, claim: true });
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
  const userKeys = usersOf(events);
  const versions = await transaction.profiles.lock(userKeys);
  const interactionIds = await claimIds(transaction, events, options);
  const isNew = (index: number): boolean => interactionIds[index] === events[index]?.interaction.id;
  const unclaimed = events.filter((_, index) => isNew(index));
  const appended =
    unclaimed.length === 0
      ? []
      : await transaction.record({ events: unclaimed, sinks: options.sinks, claim: false });
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

/** The events, those without a country with the last one known of their user. */
async function withCountries(
  events: readonly PreparedEvent[],
  countriesOf: CommitOptions['countriesOf'],
): Promise<readonly PreparedEvent[]> {
  const without = events.filter(({ interaction }) => interaction.country === null);
  if (without.length === 0) return events;
  const countries = new Map(await countriesOf(usersOf(without)));
  return events.map((event): PreparedEvent => {
    const { userKey, country } = event.interaction;
    if (country !== null) {
      countries.set(userKey, country);
      return event;
    }
    return { ...event, interaction: { ...event.interaction, country: countries.get(userKey) ?? null } };
  });
}

/** Whether a client event id is there twice; for one user that is one event. */
function hasRepetition(events: readonly PreparedEvent[]): boolean {
  const named = events.flatMap(({ interaction: { userKey, clientEventId } }) =>
    clientEventId === null ? [] : [`${clientEventId.length} ${clientEventId} ${userKey}`],
  );
  return new Set(named).size < named.length;
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
