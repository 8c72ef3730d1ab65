import { parseIntoClientConfig } from 'pg-connection-string';
import { OperatorError } from '../lib/errors.js';
import { nearName } from './near-name.js';
import { ENCODE, readableUrl } from './readable-url.js';

/** The settings of a connection that a PostgreSQL URL names; what it leaves out is undefined. */
export interface ServerAddress {
  readonly host?: string;
  readonly port?: number;
  readonly user?: string;
  readonly password?: string;
  readonly database?: string;
  readonly ssl?: boolean | object;
  readonly sslnegotiation?: 'postgres' | 'direct';
  readonly enableChannelBinding?: boolean;
  readonly application_name?: string;
  /** Startup options, such as `-c geqo=off`. */
  readonly options?: string;
}

export interface DatabaseUrl {
  readonly address: ServerAddress;
  /** The schema of every table, from `?schema=`. Default: `public`. */
  readonly schema: string;
  /** Whether the URL names the schema. */
  readonly namesSchema: boolean;
}

const DEFAULT_SCHEMA = 'public';

/** Leaves room within PostgreSQL's 63 bytes for the names that are derived from it. */
const SCHEMA_NAME = /^(?!pg_)[a-z_][a-z0-9_]{0,39}$/;

const ANY = /^/;

/** The parameters that have an effect, and their values. */
const PARAMETERS: Readonly<Record<string, { readonly pattern: RegExp; readonly rule: string }>> = {
  schema: {
    pattern: SCHEMA_NAME,
    rule: '1 to 40 lower-case letters, digits, and underscores, beginning with neither a digit nor pg_',
  },
  host: { pattern: ANY, rule: '' },
  port: { pattern: /^\d{1,5}$/, rule: 'a port number' },
  user: { pattern: ANY, rule: '' },
  password: { pattern: ANY, rule: '' },
  options: { pattern: ANY, rule: '' },
  application_name: { pattern: ANY, rule: '' },
  ssl: { pattern: /^(true|1|0|no-verify)$/, rule: 'true, 1, 0, or no-verify' },
  sslmode: {
    pattern: /^(disable|no-verify|prefer|require|verify-ca|verify-full)$/,
    rule: 'disable, no-verify, prefer, require, verify-ca, or verify-full',
  },
  sslcert: { pattern: ANY, rule: '' },
  sslkey: { pattern: ANY, rule: '' },
  sslrootcert: { pattern: ANY, rule: '' },
  sslnegotiation: { pattern: /^(postgres|direct)$/, rule: 'postgres or direct' },
  uselibpqcompat: { pattern: /^(true|false)$/, rule: 'true or false' },
  channel_binding: { pattern: /^(disable|prefer|require)$/, rule: 'disable, prefer, or require' },
};

/** Parameters of Prisma and libpq that URLs of hosted databases carry. The gateway decides on these itself. */
const WITHOUT_EFFECT = new Set([
  'client_encoding',
  'connect_timeout',
  'connection_limit',
  'pgbouncer',
  'pool_timeout',
  'socket_timeout',
  'statement_cache_size',
]);

const EXAMPLE = 'postgresql://user:password@host:5432/database';

/**
 * Reads a PostgreSQL URL. Only the parameters listed here have an effect, so a URL cannot override any other setting
 * of a connection.
 *
 * @throws {OperatorError} with a predicate, such as "must be …", that does not show the password.
 */
export function parseDatabaseUrl(text: string): DatabaseUrl {
  const parameters = parametersOf(text);
  for (const [name, value] of parameters) requireParameter(name, value);
  const { host, port, user, password, database, ssl, options, application_name, ...rest } = read(text);
  const schema = parameters.get('schema');
  const channelBinding = parameters.get('channel_binding');
  const address = {
    ...{ host, port, user, password, database, ssl, options, application_name },
    sslnegotiation: (rest as ServerAddress).sslnegotiation,
    enableChannelBinding: channelBinding === null ? undefined : channelBinding !== 'disable',
  };
  return {
    address: Object.fromEntries(
      Object.entries(address).filter(([, value]) => value !== undefined && value !== ''),
    ),
    schema: schema ?? DEFAULT_SCHEMA,
    namesSchema: schema !== null,
  };
}

function parametersOf(text: string): URLSearchParams {
  if (!/^postgres(ql)?:\/\//.test(text)) {
    throw new OperatorError(`must be a PostgreSQL URL such as ${EXAMPLE}`);
  }
  const { searchParams } = readableUrl(text);
  const names = [...searchParams.keys()];
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined) throw new OperatorError(`has the parameter ${twice} twice`);
  return searchParams;
}

function requireParameter(name: string, value: string): void {
  if (WITHOUT_EFFECT.has(name)) return;
  const parameter = PARAMETERS[name];
  if (parameter === undefined) {
    const known = Object.keys(PARAMETERS);
    const near = nearName(name, known);
    const advice = near === undefined ? `known are ${known.join(', ')}` : `did you mean ${near}?`;
    throw new OperatorError(`has the unknown parameter ${name}: ${advice}`);
  }
  if (!parameter.pattern.test(value)) {
    throw new OperatorError(`has a wrong value of the parameter ${name}: it must be ${parameter.rule}`);
  }
}

function read(text: string): ReturnType<typeof parseIntoClientConfig> {
  try {
    return parseIntoClientConfig(text);
  } catch (error) {
    // It also reads the files of certificates and keys.
    const file = error instanceof Error && 'path' in error ? String(error.path) : undefined;
    throw new OperatorError(file === undefined ? ENCODE : `names the file ${file}, which cannot be read`);
  }
}
