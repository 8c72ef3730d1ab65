import type { Settings } from '../config/settings.js';

/**
 * Which database a command works on, such as `the database bellwether on db.example.org:5432`, without
 * user or password.
 */
export function databaseName({ databaseUrl, dataDir }: Pick<Settings, 'databaseUrl' | 'dataDir'>): string {
  if (databaseUrl === undefined) return `the embedded database in ${dataDir}`;
  const url = URL.parse(databaseUrl);
  if (url === null) return 'the database of DATABASE_URL';
  // A socket's folder is given as a parameter, for want of a host.
  const host = url.host === '' ? (url.searchParams.get('host') ?? 'this machine') : url.host;
  return `the database ${url.pathname.slice(1)} on ${host}`;
}
