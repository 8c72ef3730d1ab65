import type { PrismaClient } from '../../generated/prisma/client.js';

type Connection = Pick<PrismaClient, '$queryRaw' | '$executeRaw'>;

/** An event that could not be taken or passed on. */
export interface RejectedEvent {
  readonly rejectedAt: Date;
  /** Where it was turned away: `track`, or the name of a sink. */
  readonly origin: string;
  readonly reason: string;
  readonly event: unknown;
}

/** The newest are kept, so that a sender who does everything wrong fills no disk. */
const EVENTS_KEPT = 10_000;

export class RejectedEventRepository {
  constructor(private readonly connection: Connection) {}

  async add(events: readonly RejectedEvent[]): Promise<void> {
    await this.connection.$executeRaw`
      with added as (
        insert into rejected_events (rejected_at, origin, reason, event)
        -- The function turns a JSON null into an SQL null, which the column does not take.
        select r."rejectedAt", r.origin, r.reason, coalesce(r.event, 'null') from jsonb_to_recordset(${JSON.stringify(events)}::jsonb)
          as r("rejectedAt" timestamptz, origin text, reason text, event jsonb)
        returning id
      )
      delete from rejected_events where id <= (select max(id) from added) - ${EVENTS_KEPT}`;
  }

  /** The newest first. */
  async newest(limit: number): Promise<RejectedEvent[]> {
    return this.connection.$queryRaw<RejectedEvent[]>`
      select rejected_at as "rejectedAt", origin, reason, event from rejected_events order by id desc limit ${limit}`;
  }
}
