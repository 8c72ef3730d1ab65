import { escapeIdentifier, escapeLiteral } from 'pg';
import { withOwnSession, type OwnSession } from '../database/own-session.js';

/** The tables that are partitioned by time. */
export type PartitionedTable = 'interactions' | 'served_feeds' | 'served_feed_rests';

/** A partition that may be dropped. */
export interface OldPartition {
  readonly table: PartitionedTable;
  readonly name: string;
  /** How far an earlier attempt to drop it got. */
  readonly state: 'ATTACHED' | 'DETACHING' | 'DETACHED';
}

/** lock_not_available, and object_not_in_prerequisite_state: another one of the table is being detached. */
const NOT_NOW = new Set(['55P03', '55000']);

/** How long dropping waits for those who use a table. They do not wait for it. */
const LOCK_TIMEOUT_MS = 5_000;

export class PartitionRepository {
  constructor(private readonly options: { readonly url: string; readonly lockTimeoutMs?: number }) {}

  /**
   * The partitions of a table that hold nothing from an instant on or later, and those that were to be dropped once
   * and are not gone yet, the oldest first.
   */
  endedBefore(table: PartitionedTable, instant: Date): Promise<OldPartition[]> {
    return this.#session((session) =>
      session.query<OldPartition>(
        `select $1::text as table, c.relname as name,
           case when i.inhrelid is null then 'DETACHED' when i.inhdetachpending then 'DETACHING' else 'ATTACHED' end
             as state
         from pg_class c
         left join pg_inherits i on i.inhrelid = c.oid and i.inhparent = $1::regclass
         where c.relkind = 'r' and c.relnamespace = (select relnamespace from pg_class where oid = $1::regclass)
           and (i.inhrelid is not null or not c.relispartition)
           and case when i.inhrelid is null or i.inhdetachpending then obj_description(c.oid, 'pg_class') = $3
             else (regexp_match(pg_get_expr(c.relpartbound, c.oid), 'TO \\(''([^'']+)''\\)'))[1]::timestamptz <= $2 end
         order by i.inhdetachpending desc nulls first, c.relname`,
        [table, instant, markOf(table)],
      ),
    );
  }

  /**
   * Drops a partition without holding up those who use the table: it is detached while they go on, and only then
   * dropped. What an earlier attempt left half done is finished.
   *
   * @returns false when somebody used the table for too long: nothing is lost, and it is to be tried again.
   */
  async drop({ table, name, state }: OldPartition): Promise<boolean> {
    const partition = escapeIdentifier(name);
    const parent = escapeIdentifier(table);
    return this.#session(async (session) => {
      let isMarked = false;
      try {
        if (state === 'ATTACHED') {
          // So that it is known for one of ours if this ends before it is dropped.
          await session.query(`comment on table ${partition} is ${escapeLiteral(markOf(table))}`);
          isMarked = true;
          await session.query(`alter table ${parent} detach partition ${partition} concurrently`);
        } else if (state === 'DETACHING') {
          await session.query(`alter table ${parent} detach partition ${partition} finalize`);
        }
        await session.query(`drop table if exists ${partition}`);
        return true;
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && NOT_NOW.has(String(error.code)))) throw error;
        // Else it would be taken for one to be dropped if an operator detached it one day to keep it.
        if (isMarked) await this.#unmark(session, table, name);
        return false;
      }
    });
  }

  /** Only while it is a part of the table as before: one that is being detached is finished by its mark. */
  async #unmark(session: OwnSession, table: PartitionedTable, name: string): Promise<void> {
    const [attached] = await session.query(
      `select from pg_inherits where inhparent = $1::regclass and inhrelid = $2::regclass and not inhdetachpending`,
      [table, escapeIdentifier(name)],
    );
    if (attached !== undefined) await session.query(`comment on table ${escapeIdentifier(name)} is null`);
  }

  #session<Result>(work: (session: OwnSession) => Promise<Result>): Promise<Result> {
    const { url, lockTimeoutMs = LOCK_TIMEOUT_MS } = this.options;
    return withOwnSession({ url, lockTimeoutMs }, work);
  }
}

/** The comment on a partition that is being dropped. */
function markOf(table: PartitionedTable): string {
  return `a part of ${table} that is to be dropped`;
}
