import { parseIntoClientConfig } from 'pg-connection-string';
import { OperatorError } from '../lib/errors.js';
import { suggestName } from './suggestion.js';

/** The connection settings of a PostgreSQL URL. A setting that the URL omits is undefined. */
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

interface DatabaseUrl {
  readonly address: ServerAddress;
  /** Schema of all tables, from `?schema=`. Default: `public`. */
  readonly schema: string;
  /** Whether the URL has the parameter `schema`. */
  readonly namesSchema: boolean;
}

const DEFAULT_SCHEMA = 'public';

/** 40 characters leave room within PostgreSQL's 63 bytes for names that are derived from it. */
const SCHEMA_NAME = /^(?!pg_)[a-z_][a-z0-9_]{0,39}$/;

const ANY = /^/;

/** The parameters that have an effect, with their allowed values. */
const PARAMETERS: Readonly<Record<string, { readonly pattern: RegExp; readonly rule: string }>> = {
  schema: {
    pattern: SCHEMA_NAME,
    rule: '1 to 40 lower-case letters, digits, and underscores, starting with neither a digit nor pg_',
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

/** Parameters of Prisma and libpq in URLs of hosted databases. They are ignored: the gateway sets these values itself. */
const IGNORED_PARAMETERS = new Set([
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
 * Parses a PostgreSQL URL. Only the parameters above have an effect, so a URL cannot override other connection settings.
 *
 * @throws {OperatorError} whose message continues the name of the setting ("must be …") and omits the password.
 */
export function parseDatabaseUrl(text: string): DatabaseUrl {
  const parameters = parametersOf(text);
  for (const [name, value] of parameters) validateParameter(name, value);
  const { host, port, user, password, database, ssl, options, application_name, ...rest } =
    connectionSettings(text);
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
  const { searchParams } = parseServerUrl(text);
  const names = [...searchParams.keys()];
  const duplicate = names.find((name, index) => names.indexOf(name) < index);
  if (duplicate !== undefined) throw new OperatorError(`has the parameter ${duplicate} twice; remove one`);
  return searchParams;
}

function validateParameter(name: string, value: string): void {
  if (IGNORED_PARAMETERS.has(name)) return;
  const parameter = PARAMETERS[name];
  if (parameter === undefined) {
    const known = Object.keys(PARAMETERS);
    const suggestion = suggestName(name, known);
    const advice = suggestion === undefined ? `known are ${known.join(', ')}` : `did you mean ${suggestion}?`;
    throw new OperatorError(`has the unknown parameter ${name}: ${advice}`);
  }
  if (!parameter.pattern.test(value)) {
    throw new OperatorError(`has an invalid parameter ${name}: it must be ${parameter.rule}`);
  }
}

function connectionSettings(text: string): ReturnType<typeof parseIntoClientConfig> {
  try {
    return parseIntoClientConfig(text);
  } catch (error) {
    // The parser also reads certificate and key files.
    const file = error instanceof Error && 'path' in error ? String(error.path) : undefined;
    throw new OperatorError(file === undefined ? UNPARSABLE : `names the file ${file}, which cannot be read`);
  }
}

/** Continues the name of a setting. */
const UNPARSABLE =
  'cannot be parsed: percent-encode special characters in the user name and password (# is %23, @ is %40, / is %2F, ' +
  '? is %3F, % is %25)';

/**
 * Parses the URL of a server, which may contain a password.
 *
 * @throws {OperatorError} if special characters in the password make the URL ambiguous.
 */
export function parseServerUrl(text: string): URL {
  // A URL without a host may have a user, for a server at a socket.
  const url = URL.parse(text) ?? URL.parse(text.replace('@/', '@localhost/'));
  if (url === null) throw new OperatorError(UNPARSABLE);
  // A character that ends the host early moves the rest of the password, and the @ after it, into path, query or hash.
  if (url.hash !== '' || `${url.pathname}${url.search}`.includes('@')) throw new OperatorError(UNPARSABLE);
  return url;
}
