import { BlockList, isIP } from 'node:net';
import { z } from 'zod';
import { OperatorError } from '../lib/errors.js';
import { parseDatabaseUrl, parseServerUrl } from './database-url.js';
import { suggestName } from './suggestion.js';

/** The settings from the environment. Everything that shapes the ranking is in the ranking config instead. */
export interface Settings {
  readonly port: number;
  readonly host: string;
  /** Undefined: the embedded PostgreSQL in `dataDir`. */
  readonly databaseUrl: string | undefined;
  /** Undefined: replicas notify each other through PostgreSQL. */
  readonly redisUrl: string | undefined;
  readonly dataDir: string;
  readonly rankingConfigFile: string | undefined;
  readonly sample: 'auto' | 'off';
  /** False: feeds do not depend on the user, whatever the ranking config says. */
  readonly personalizationEnabled: boolean;
  readonly logLevel: (typeof LOG_LEVELS)[number];
  readonly production: boolean;
}

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/** Name, default, and meaning of each variable, for `--help` and docs/configuration.md. */
export const settingDocs: readonly (readonly [name: string, fallback: string, meaning: string])[] = [
  ['PORT', '4000', 'port to listen on; 0 chooses a free one'],
  ['HOST', '127.0.0.1', 'address to listen on; without authentication it must be a loopback address'],
  ['DATABASE_URL', '', 'PostgreSQL 15 or newer; if unset, the embedded database is used'],
  ['REDIS_URL', '', 'Redis for notifications between replicas; if unset, PostgreSQL is used'],
  ['BELLWETHER_DATA_DIR', '.bellwether', 'folder of the embedded database'],
  ['BELLWETHER_CONFIG', '', 'YAML file that is merged over the default ranking config'],
  ['BELLWETHER_SAMPLE', 'auto', 'auto: load the sample into an empty embedded database; off: never'],
  [
    'PERSONALIZATION_ENABLED',
    'true',
    'false: feeds depend on the country only, not on the user; profiles are kept',
  ],
  ['LOG_LEVEL', 'info', LOG_LEVELS.join(', ')],
  ['NODE_ENV', 'development', 'development, production or test'],
];

const HOST_NAME = /^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/i;

/** Accepts an IPv6 address also in the brackets that it has in a URL. */
const listenHost = z
  .string()
  .transform((host) => (isIP(host.slice(1, -1)) === 6 ? host.replace(/^\[(.*)\]$/, '$1') : host))
  .refine(
    (host) => isIP(host) !== 0 || HOST_NAME.test(host),
    'must be an address or name to listen on, such as 127.0.0.1, ::1, or localhost',
  );

const port = z
  .string()
  .regex(/^\d{1,5}$/, 'must be a port number from 0 to 65535')
  .transform(Number)
  .refine((value) => value <= 65_535, 'must be a port number from 0 to 65535');

const oneOf = <const Value extends string>(values: readonly Value[]) =>
  z.enum(values, { error: `must be one of ${values.map((value) => `"${value}"`).join(', ')}` });

/** A text that `parse` accepts. `parse` throws an error whose message continues the name of the setting. */
const parsedBy = (parse: (text: string) => unknown) =>
  z.string().check(({ value, issues }) => {
    try {
      parse(value);
    } catch (error) {
      issues.push({ code: 'custom', input: value, message: (error as Error).message });
    }
  });

function parseRedisUrl(text: string): URL {
  if (/^rediss?:\/\//.test(text)) return parseServerUrl(text);
  throw new OperatorError('must be a Redis URL such as redis://host:6379');
}

const settingsSchema = z.object({
  PORT: port.default(4000),
  HOST: listenHost.default('127.0.0.1'),
  DATABASE_URL: parsedBy(parseDatabaseUrl).optional(),
  REDIS_URL: parsedBy(parseRedisUrl).optional(),
  BELLWETHER_DATA_DIR: z.string().min(1, 'must be a folder').default('.bellwether'),
  BELLWETHER_CONFIG: z.string().min(1, 'must be a YAML file').optional(),
  BELLWETHER_SAMPLE: oneOf(['auto', 'off']).default('auto'),
  PERSONALIZATION_ENABLED: oneOf(['true', 'false']).default('true'),
  LOG_LEVEL: oneOf(LOG_LEVELS).default('info'),
  NODE_ENV: oneOf(['development', 'production', 'test']).default('development'),
});

/**
 * Reads the settings from environment variables. An empty variable counts as unset.
 *
 * @throws {OperatorError} with one sentence for each invalid variable.
 */
export function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = settingsSchema.safeParse(given);
  const unknown = unknownSettings(given, Object.keys(settingsSchema.shape));
  if (!parsed.success || unknown.length > 0) {
    const errors = (parsed.error?.issues ?? []).map((issue) => {
      const name = String(issue.path[0]);
      // The message omits the value of a URL, because it may contain a password.
      const value = name.endsWith('_URL') ? '' : ` (it is "${String(given[name])}")`;
      return `${name} ${issue.message}${value}${issue.message.endsWith('?') ? '' : '.'}`;
    });
    throw new OperatorError(`Invalid settings in the environment. ${[...errors, ...unknown].join(' ')}`);
  }
  const { data } = parsed;
  return {
    port: data.PORT,
    host: data.HOST,
    databaseUrl: data.DATABASE_URL,
    redisUrl: data.REDIS_URL,
    dataDir: data.BELLWETHER_DATA_DIR,
    rankingConfigFile: data.BELLWETHER_CONFIG,
    sample: data.BELLWETHER_SAMPLE,
    personalizationEnabled: data.PERSONALIZATION_ENABLED === 'true',
    logLevel: data.LOG_LEVEL,
    production: data.NODE_ENV === 'production',
  };
}

/** {@link readSettings} of this process. */
export function settingsFromEnvironment(): Settings {
  return readSettings(process.env);
}

const OWN_PREFIX = /^bellwether_/i;

/** Variables that Kubernetes sets in every container next to a service called bellwether or bellwether-something. */
const SERVICE_LINK =
  /_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$/;
const SERVICE_URL = /^(tcp|udp|sctp):\/\//;

/** Returns a sentence for each variable that starts with BELLWETHER_ and is not a setting, so that typos are noticed. */
function unknownSettings(
  given: Readonly<Record<string, string | undefined>>,
  known: readonly string[],
): string[] {
  const own = known.filter((name) => OWN_PREFIX.test(name));
  return Object.entries(given)
    .filter(
      ([name, value = '']) => OWN_PREFIX.test(name) && !known.includes(name) && !isServiceLink(name, value),
    )
    .map(([name]) => {
      const suggestion = suggestName(name, own);
      return suggestion === undefined
        ? `${name} is unknown: known are ${own.join(', ')}.`
        : `${name} is unknown: did you mean ${suggestion}?`;
    });
}

function isServiceLink(name: string, value: string): boolean {
  return SERVICE_LINK.test(name) || (name.endsWith('_PORT') && SERVICE_URL.test(value));
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Whether an address accepts connections from this machine only. */
export function isLoopback(host: string): boolean {
  const family = isIP(host);
  if (family === 0) return host.toLowerCase() === 'localhost';
  return loopback.check(host, family === 6 ? 'ipv6' : 'ipv4');
}
