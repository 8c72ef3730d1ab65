import { Prisma } from '../../generated/prisma/client.js';
import type { Interaction } from './interaction-repository.js';
import { encodeRecentEvents, type RecentEvent } from '../profiles/recent-events.js';
import { sqlStateOf } from '../unavailable.js';
import { compareUserKeys } from '../profiles/user-key-order.js';

/** An event to be stored, and the number of its market. */
export interface RecordedEvent {
  readonly interaction: Interaction;
  readonly marketNumber: number;
}

/** Events to be stored together with their effect on the profiles, all or nothing. */
export interface Recording {
  /** In the order in which they take effect. */
  readonly events: readonly RecordedEvent[];
  /** Names of the sinks that the events go to. */
  readonly sinks: readonly string[];
  /** Whether the events' client event ids are still to be taken. */
  readonly claim: boolean;
}

/** A profile to which events were appended. */
export interface AppendedProfile {
  readonly userKey: string;
  readonly version: number;
  /** The encoded events of the commit. */
  readonly batch: Uint8Array;
  /** The countries that the events of the commit name. */
  readonly countries: ReadonlySet<string>;
  /** Size of all events that are not folded into the profile's other columns yet. */
  readonly recentBytes: number;
}

/** The statement of a recording, and the events by user, encoded and in the order of locking. */
export interface RecordStatement {
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
 * Makes the one statement that stores a recording; the function that it calls is in the migrations. It fails when a
 * client event id is taken: {@link isRefusal} knows it.
 */
export function recordStatement({ events, sinks, claim }: Recording): RecordStatement {
  const byUser = Map.groupBy(events, ({ interaction }) => interaction.userKey);
  const users = [...byUser.keys()].sort(compareUserKeys);
  const recent = users.map((userKey) => (byUser.get(userKey) ?? []).map(toRecent));
  const batches = recent.map(encodeRecentEvents);
  const lengths = batches.map(({ length }) => length);
  let end = 1;
  const starts = lengths.map((length) => (end += length) - length);
  const toRow = rowOf(isoTimes());
  const rows = events.map(({ interaction }) => toRow(interaction));
  return {
    sql: Prisma.sql`
      select user_key, version, recent_bytes from record_events(${users}, ${Buffer.concat(batches)}, ${starts},
        ${lengths}, ${JSON.stringify(rows)}, ${claim}, ${[...sinks]})`,
    batches: new Map(
      users.map((userKey, index) => [
        userKey,
        { batch: batches[index] as Uint8Array, countries: countriesOf(recent[index] ?? []) },
      ]),
    ),
  };
}

/** The profiles that a recording changed, from the rows that its statement returned. */
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

function toRecent({ interaction, marketNumber }: RecordedEvent): RecentEvent {
  const { eventType, weight, dwellMs, country, stake, probability, volume24h, occurredAt } = interaction;
  return {
    ...{ eventType, weight, dwellMs, country, stake, probability, marketNumber },
    occurredAtMs: occurredAt.getTime(),
    volume24h: volume24h ?? 0,
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

/** SQLSTATEs of a recording with a client event id that is taken, or that lost a conflict with another transaction. */
const REFUSALS = new Set([
  // unique_violation
  '23505',
  // serialization_failure
  '40001',
  // deadlock_detected
  '40P01',
]);

/** Whether a recording stored nothing and has to be made again from what is stored now. */
export function isRefusal(error: unknown): boolean {
  const sqlState = sqlStateOf(error);
  return sqlState !== undefined && REFUSALS.has(sqlState);
}
