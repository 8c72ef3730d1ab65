import { Prisma } from '../generated/prisma/client.js';
import type { Interaction } from './interaction-repository.js';
import type { ProfileState } from './profile-state.js';
import { encodeStoredProfile } from './stored-profile.js';
import { sqlStateOf } from './unavailable.js';
import { compareUserKeys } from './user-key-order.js';

/** Events and what they change, to be stored together or not at all. */
export interface Recording {
  /** In the order in which they take effect. */
  readonly interactions: readonly Interaction[];
  /** The new states; each has the version after the one that is stored. */
  readonly profiles: readonly ProfileState[];
  /** Names of the sinks that the events go to. */
  readonly sinks: readonly string[];
  /** Whether the events' client event ids are still to be taken. */
  readonly claim: boolean;
}

/**
 * The one statement that stores a recording; the function that it calls is in the migrations. It fails when a
 * profile is not at the version expected, or a client event id is taken: {@link isRefusal} knows it.
 */
export function record({ interactions, profiles, sinks, claim }: Recording): Prisma.Sql {
  const sorted = profiles.toSorted((a, b) => compareUserKeys(a.userKey, b.userKey));
  const states = sorted.map((state) => encodeStoredProfile(state));
  const lengths = states.map(({ length }) => length);
  let end = 1;
  const starts = lengths.map((length) => (end += length) - length);
  const events = interactions.map(rowOf(isoTimes()));
  return Prisma.sql`
    select 1 from record_events(${sorted.map(({ userKey }) => userKey)}, ${sorted.map(({ version }) => version)},
      ${Buffer.concat(states)}, ${starts}, ${lengths}, ${JSON.stringify(events)}, ${claim}, ${[...sinks]})`;
}

type Row = Omit<Interaction, 'occurredAt' | 'receivedAt'> & {
  readonly occurredAt: string;
  readonly receivedAt: string;
};

function rowOf(textOf: (instant: Date) => string): (interaction: Interaction) => Row {
  return (interaction) => ({
    ...interaction,
    occurredAt: textOf(interaction.occurredAt),
    receivedAt: textOf(interaction.receivedAt),
  });
}

/** Instants as ISO 8601. Most are the same as the one before, and a text takes its time to make. */
function isoTimes(): (instant: Date) => string {
  let lastMs = NaN;
  let lastText = '';
  return (instant) => {
    if (instant.getTime() !== lastMs) {
      lastMs = instant.getTime();
      lastText = instant.toISOString();
    }
    return lastText;
  };
}

/** SQLSTATEs of a recording that was based on stale data, or that lost a conflict with another transaction. */
const REFUSALS = new Set([
  'BW001',
  // unique_violation
  '23505',
  // serialization_failure
  '40001',
  // deadlock_detected
  '40P01',
]);

/** Whether a recording stored nothing and has to be computed again from what is stored now. */
export function isRefusal(error: unknown): boolean {
  const sqlState = sqlStateOf(error);
  return sqlState !== undefined && REFUSALS.has(sqlState);
}
