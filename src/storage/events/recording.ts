import { Prisma } from '../../generated/prisma/client.js';
import { encodeRecentEvents, type RecentEvent } from '../profiles/recent-events.js';
import { compareUserKeys, joinBytes } from '../sql.js';
import { sqlStateOf } from '../database-errors.js';
import type { Interaction, PreparedEvent } from '../../domain/event.js';

/** Events to store together with their effect on profiles, in one transaction. */
export interface Recording {
  /** In the order in which they take effect. */
  readonly events: readonly PreparedEvent[];
  /** Names of the sinks that receive the events. */
  readonly sinks: readonly string[];
  /** Whether the client event ids have yet to be claimed. */
  readonly claim: boolean;
  /** Maps a user key to its pseudonym, to find out whether a new user is retired. Undefined: do not look. */
  readonly pseudonymOf?: ((userKey: string) => string) | undefined;
}

/** A profile to which events were appended. */
export interface AppendedProfile {
  readonly userKey: string;
  readonly version: number;
  /** The encoded events of the commit. */
  readonly batch: Uint8Array;
  /** The countries of the events of the commit. */
  readonly countries: ReadonlySet<string>;
  /** Size in bytes of all events that are not folded into the profile's other columns yet. */
  readonly recentBytes: number;
}

/** The statement of a recording, and the encoded events by user, in the order of locking. */
interface RecordStatement {
  readonly sql: Prisma.Sql;
  readonly batches: ReadonlyMap<string, Pick<AppendedProfile, 'batch' | 'countries'>>;
}

/** A row that the statement returns. */
export interface RecordedRow {
  user_key: string;
  version: number;
  recent_bytes: number;
}

/**
 * Builds the one statement that stores a recording. SQL: it calls the function `record_events` of the migrations, which
 * does everything in one round trip. It fails if a client event id is taken; see {@link isConflict}. It also fails if a user
 * is retired, see {@link isRetired}: such a user has no profile, so only the first version of a profile is checked.
 */
export function recordStatement({ events, sinks, claim, pseudonymOf }: Recording): RecordStatement {
  const byUser = Map.groupBy(events, ({ interaction }) => interaction.userKey);
  const users = [...byUser.keys()].sort(compareUserKeys);
  const recent = users.map((userKey) => (byUser.get(userKey) ?? []).map(toRecent));
  const batches = recent.map(encodeRecentEvents);
  const { bytes, starts, lengths } = joinBytes(batches);
  const toRow = rowOf(isoTimes());
  const rows = events.map(({ interaction, servingId }) => ({ ...toRow(interaction), servingId }));
  const areActive =
    pseudonymOf === undefined
      ? Prisma.sql`true`
      : Prisma.sql`(r.version > 1 or require_active_user(
          (${users.map(pseudonymOf)}::text[])[array_position(${users}::text[], r.user_key::text)],
          ${events[0]?.interaction.receivedAt ?? new Date(0)}::timestamptz))`;
  return {
    sql: Prisma.sql`
      select r.user_key, r.version, r.recent_bytes from record_events(${users}, ${bytes}, ${starts},
        ${lengths}, ${JSON.stringify(rows)}, ${claim}, ${[...sinks]}) r where ${areActive}`,
    batches: new Map(
      users.map((userKey, index) => [
        userKey,
        { batch: batches[index] as Uint8Array, countries: countriesOf(recent[index] ?? []) },
      ]),
    ),
  };
}

/** Returns the profiles that a recording changed, from the rows that its statement returned. */
export function appendedProfiles(
  { batches }: RecordStatement,
  rows: readonly RecordedRow[],
): AppendedProfile[] {
  return rows.flatMap(({ user_key: userKey, version, recent_bytes: recentBytes }) => {
    const appended = batches.get(userKey);
    return appended === undefined ? [] : [{ userKey, version, ...appended, recentBytes }];
  });
}

function countriesOf(events: readonly RecentEvent[]): Set<string> {
  return new Set(events.flatMap(({ country }) => country ?? []));
}

function toRecent({ interaction, marketNumber }: PreparedEvent): RecentEvent {
  const { eventType, weight, dwellMs, country, stake, probability, volume24h, occurredAt } = interaction;
  return {
    ...{ eventType, weight, dwellMs, country, stake, probability, marketNumber },
    occurredAtMs: occurredAt.getTime(),
    volume24h: volume24h ?? NaN,
  };
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

/** Formats instants as ISO 8601. Caches the last text, because most instants equal the one before. */
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

/** SQLSTATEs of a recording whose client event id is taken, or that lost a conflict with another transaction. */
const CONFLICT_STATES = new Set([
  // unique_violation
  '23505',
  // serialization_failure
  '40001',
  // deadlock_detected
  '40P01',
]);

/** SQLSTATE of `require_active_user`, in the migrations. */
const RETIRED = 'BW001';

/** Returns whether a recording stored nothing because one of its users is retired. */
export function isRetired(error: unknown): boolean {
  return sqlStateOf(error) === RETIRED;
}

/** Returns whether a recording stored nothing and has to be prepared again from the current data. */
export function isConflict(error: unknown): boolean {
  const sqlState = sqlStateOf(error);
  return sqlState !== undefined && CONFLICT_STATES.has(sqlState);
}
