import type { DatabaseRole } from './roles.js';

/** A privilege on a table, or `usage` of a sequence. Columns in the order of their names. */
export type Privilege =
  'select' | `select (${string})` | 'insert' | 'update' | 'delete' | 'truncate' | 'usage';

/** What the roles may do with a table or sequence. Partitions have no grants: they are reached through their table. */
export interface TableAccess extends Readonly<Record<DatabaseRole, readonly Privilege[]>> {
  /**
   * The rows that requests see and write, as an SQL condition; jobs see and write all rows. Undefined: the table has no rows
   * of users, and no row-level security.
   */
  readonly rows?: string;
}

/**
 * The users of the transaction, as a JSON object; null without any. A subquery, so that it is evaluated once per statement.
 * After a transaction that had users, the setting is empty instead of missing.
 */
const VISIBLE_USERS = `(select nullif(current_setting('bellwether.user_keys', true), '')::jsonb)`;

const OWN_ROWS = `${VISIBLE_USERS} ? user_key::text`;

/** Also the feeds of anonymous users, once the transaction has any users, and all feeds for a viewer who may read them. */
const READABLE_FEEDS = `${OWN_ROWS} or user_key is null and ${VISIBLE_USERS} is not null
  or (select current_setting('bellwether.viewer', true)) = 'service'`;

/** Triggers write one row per transaction. */
const ROW_OF_TRANSACTION = `xid = (select pg_current_xact_id_if_assigned()::text::bigint)`;

const NONE = [] as const;
const READ = ['select'] as const;
const WRITE = ['select', 'insert', 'update'] as const;
const ALL = ['select', 'insert', 'update', 'delete'] as const;

/** Every table and sequence except `_prisma_migrations`. A table with user keys must have `rows`. */
export const TABLE_ACCESS: Readonly<Record<string, TableAccess>> = {
  // Rows of users.
  profiles: { app: WRITE, jobs: ALL, rows: OWN_ROWS },
  client_events: { app: WRITE, jobs: ALL, rows: OWN_ROWS },
  interactions: { app: ['insert'], jobs: ['select', 'insert', 'delete'], rows: OWN_ROWS },
  outbox: { app: ['insert'], jobs: ALL, rows: OWN_ROWS },
  profile_changes: { app: WRITE, jobs: ALL, rows: ROW_OF_TRANSACTION },
  served_feeds: { app: READ, jobs: ALL, rows: READABLE_FEEDS },
  exposures: { app: NONE, jobs: ALL, rows: OWN_ROWS },
  user_settings: { app: NONE, jobs: ALL, rows: OWN_ROWS },
  privacy_changes: { app: NONE, jobs: ALL, rows: OWN_ROWS },
  // A commit looks for the pseudonyms of its new users. It does not see the keys of the users that they were merged into.
  retired_users: { app: ['select (until, user_hash)'], jobs: ALL, rows: 'true' },

  // Data of users without their keys: events as text, hashes, and lists of markets by feed.
  rejected_events: { app: NONE, jobs: ALL },
  rollup_events: { app: ['insert'], jobs: ['select', 'insert', 'delete'] },
  trend_pairs: { app: NONE, jobs: [...ALL, 'truncate'] },
  popularity_pairs: { app: NONE, jobs: [...ALL, 'truncate'] },
  served_feed_rests: { app: READ, jobs: ['select', 'insert', 'delete'] },

  // Markets.
  markets: { app: WRITE, jobs: READ },
  market_tags: { app: ['select', 'insert', 'delete'], jobs: READ },
  market_numbers: { app: ['select', 'insert'], jobs: READ },
  market_figures: { app: WRITE, jobs: READ },
  market_figure_changes: { app: ['select', 'insert', 'delete'], jobs: READ },
  // A writer of markets stores vectors, because they have versions of markets; a job removes them.
  market_vectors: { app: WRITE, jobs: ['select', 'delete'] },
  market_snapshots: { app: WRITE, jobs: ALL },
  source_states: { app: NONE, jobs: WRITE },

  // Results of computations over all markets.
  computations: { app: NONE, jobs: WRITE },
  rollups: { app: NONE, jobs: WRITE },
  trend_sums: { app: NONE, jobs: [...ALL, 'truncate'] },
  popularity_sums: { app: NONE, jobs: [...ALL, 'truncate'] },
  activity_counts: { app: NONE, jobs: ALL },
  trending_scopes: { app: NONE, jobs: ['select', 'insert', 'delete'] },
  market_attention: { app: NONE, jobs: ['select', 'insert', 'delete'] },
  market_momentum: { app: NONE, jobs: ALL },
  audience_releases: { app: NONE, jobs: ['select', 'insert'] },
  privacy_budgets: { app: NONE, jobs: WRITE },
  ranking_models: { app: READ, jobs: ALL },
  servings: { app: WRITE, jobs: ['select', 'delete'] },
  collaborative_models: { app: NONE, jobs: ALL },
  collaborative_model_parts: { app: NONE, jobs: ALL },

  // State of the deployment.
  api_keys: { app: READ, jobs: WRITE },
  secrets: { app: ['select', 'insert'], jobs: NONE },
  outbox_positions: { app: NONE, jobs: WRITE },
  replicas: { app: NONE, jobs: ALL },
  job_runs: { app: READ, jobs: ALL },
  job_positions: { app: NONE, jobs: ALL },

  // Sequences of the columns that the roles insert, and of the versions of markets.
  interactions_seq_seq: { app: ['usage'], jobs: ['usage'] },
  outbox_seq_seq: { app: ['usage'], jobs: ['usage'] },
  exposures_seq_seq: { app: NONE, jobs: ['usage'] },
  privacy_changes_seq_seq: { app: NONE, jobs: ['usage'] },
  market_numbers_number_seq: { app: ['usage'], jobs: NONE },
  market_version: { app: ['usage'], jobs: NONE },
  rejected_events_id_seq: { app: NONE, jobs: ['usage'] },
  job_runs_id_seq: { app: NONE, jobs: ['usage'] },
  ranking_models_version_seq: { app: NONE, jobs: ['usage'] },
  servings_id_seq: { app: ['usage'], jobs: NONE },
  collaborative_models_version_seq: { app: NONE, jobs: ['usage'] },
};
