import type { Connection } from '../sql.js';

/** An event that was rejected by validation, or permanently by a sink (dead letter). */
export interface RejectedEvent {
  readonly rejectedAt: Date;
  /** `track`, or the name of the sink that rejected it. */
  readonly origin: string;
  readonly reason: string;
  readonly event: unknown;
}

/** @see RejectedEvent */
export interface NewRejectedEvent extends RejectedEvent {
  /** Pseudonym of the user of a dead letter, by which an erasure finds it. Default: the event names the user. */
  readonly userHash?: string;
}

/** Only the newest events are kept, so that a faulty client cannot fill the disk. */
const EVENTS_KEPT = 10_000;

export class RejectedEventRepository {
  constructor(private readonly connection: Connection) {}

  /** SQL: inserts a batch and removes the surplus in one statement. */
  async add(events: readonly NewRejectedEvent[]): Promise<void> {
    await this.connection.$executeRaw`
      with added as (
        insert into rejected_events (rejected_at, origin, reason, event, user_hash)
        -- The function turns a JSON null into an SQL null, which the column does not accept.
        select r."rejectedAt", r.origin, r.reason, coalesce(r.event, 'null'), r."userHash"
        from jsonb_to_recordset(${JSON.stringify(events)}::jsonb)
          as r("rejectedAt" timestamptz, origin text, reason text, event jsonb, "userHash" text)
        returning id
      )
      delete from rejected_events where id <= (select max(id) from added) - ${EVENTS_KEPT}`;
  }

  /** Returns the newest events, newest first. */
  async newest(limit: number): Promise<RejectedEvent[]> {
    return this.connection.rejectedEvent.findMany({
      orderBy: { id: 'desc' },
      take: limit,
      select: { rejectedAt: true, origin: true, reason: true, event: true },
    });
  }
}
