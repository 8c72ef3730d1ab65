import { BellwetherError } from '../errors.js';
import { isRefusal } from '../repositories/recording.js';
import type { ProfileMemory } from '../profiles/profile-memory.js';
import type { ProfileState } from '../repositories/profile-state.js';
import type { Store, Transaction } from '../repositories/store.js';
import { RETRY_AFTER_MS } from '../repositories/unavailable.js';
import { takeInEvents, usersOf, type CommittedEvent, type PreparedEvent } from './take-in-events.js';

export interface Commit {
  /** What became of each event, in order. */
  readonly events: readonly CommittedEvent[];
  /**
   * The current states that differ from what this process last saw: those that changed, and those of duplicates whose
   * first commit it never learned of.
   */
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

const LOCKED_ATTEMPTS = 4;

/**
 * Stores events and what they change of the profiles: all of it or nothing. An event whose client event id is taken
 * changes nothing. The events of one person take effect in one order, that of their `seq`.
 *
 * It is thought out beforehand and stored by one statement, which fails if anything was not as expected: a profile
 * was changed elsewhere, a client event id is taken. Then it is done once more within a transaction that locks the
 * profiles first.
 *
 * @throws {BellwetherError} UNAVAILABLE after {@link LOCKED_ATTEMPTS} attempts fail with a conflict or deadlock.
 */
export async function commitEvents(
  store: Pick<Store, 'record' | 'transaction' | 'profiles'>,
  events: readonly PreparedEvent[],
  options: CommitOptions,
): Promise<Commit> {
  // Read before the profiles are locked: a state that has to be folded from a long history takes seconds.
  const before = await statesOf(usersOf(events), options.lastSeen, (missing) => store.profiles.load(missing));
  const commit = hasRepetition(events) ? undefined : await commitAsExpected(store, events, before, options);
  if (commit !== undefined) return commit;
  const readBefore = new Map(before.map((state) => [state.userKey, state]));
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await store.transaction((transaction) => commitLocked(transaction, events, readBefore, options));
    } catch (error) {
      // Transactions that insert users can deadlock; PostgreSQL then ends one of them.
      if (!isRefusal(error)) throw error;
      if (attempt === LOCKED_ATTEMPTS) {
        throw BellwetherError.unavailable('The events could not be stored now.', RETRY_AFTER_MS, error);
      }
    }
  }
}

/** @returns undefined when nothing was stored because a profile or a client event id was not as expected. */
async function commitAsExpected(
  store: Pick<Store, 'record'>,
  events: readonly PreparedEvent[],
  before: readonly ProfileState[],
  { memory, sinks }: CommitOptions,
): Promise<Commit | undefined> {
  const { events: committed, recorded, changed } = takeInEvents(events, before, () => undefined, memory);
  try {
    await store.record({ interactions: recorded, profiles: changed, sinks, claim: true });
  } catch (error) {
    if (isRefusal(error)) return undefined;
    throw error;
  }
  return { events: committed, changed };
}

/** @param readBefore states that are used if their versions are those of the locked profiles. */
async function commitLocked(
  transaction: Transaction,
  events: readonly PreparedEvent[],
  readBefore: ReadonlyMap<string, ProfileState>,
  options: CommitOptions,
): Promise<Commit> {
  const { memory, sinks, lastSeen } = options;
  const userKeys = usersOf(events);
  const versions = await transaction.profiles.lock(userKeys);
  const versionOf = new Map(userKeys.map((userKey, index) => [userKey, versions[index]]));
  const validBefore = (userKey: string): ProfileState | undefined => {
    const state = readBefore.get(userKey);
    return state?.version === versionOf.get(userKey) ? state : undefined;
  };
  const before = await statesOf(userKeys, validBefore, (missing) => transaction.profiles.load(missing));
  const interactionIds = await claimIds(transaction, events, options);
  const { recorded, changed, ...done } = takeInEvents(
    events,
    before,
    (index) => interactionIds[index],
    memory,
  );
  if (recorded.length > 0) {
    await transaction.record({ interactions: recorded, profiles: changed, sinks, claim: false });
  }
  const changedKeys = new Set(changed.map(({ userKey }) => userKey));
  const unseen = before.filter(
    ({ userKey, version }) => !changedKeys.has(userKey) && lastSeen(userKey)?.version !== version,
  );
  return { events: done.events, changed: [...changed, ...unseen] };
}

async function statesOf(
  userKeys: readonly string[],
  lastSeen: CommitOptions['lastSeen'],
  load: (userKeys: readonly string[]) => Promise<ProfileState[]>,
): Promise<ProfileState[]> {
  const seen = userKeys.map((userKey) => lastSeen(userKey));
  const missing = userKeys.filter((_, index) => seen[index] === undefined);
  const loaded = (missing.length === 0 ? [] : await load(missing)).values();
  return seen.flatMap((state) => state ?? loaded.next().value ?? []);
}

/** Whether a client event id is there twice; for one person that is one event. */
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
