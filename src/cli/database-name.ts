import type { Settings } from '../config/settings.js';
import { connectionTo, databaseLabel } from '../storage/database/connection.js';

/** Names the database of a command, such as `the database site at db.example.org:5432`, without user and password. */
export function databaseName({ databaseUrl, dataDir }: Pick<Settings, 'databaseUrl' | 'dataDir'>): string {
  if (databaseUrl === undefined) return `the embedded database in ${dataDir}`;
  return `the ${databaseLabel(connectionTo(databaseUrl))}`;
}
