import { z } from 'zod';
import { OperatorError } from '../lib/errors.js';
import { parseDatabaseUrl } from './database-url.js';
import { listenHost } from './listen-host.js';
import { readableUrl } from './readable-url.js';
import { unknownSettings } from './unknown-settings.js';

const oneOf = (values: readonly string[]): string => values.map((value) => `"${value}"`).join(', ');

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

const port = z
  .string()
  .regex(/^\d{1,5}$/, 'must be a port number from 0 to 65535')
  .transform(Number)
  .refine((value) => value <= 65_535, 'must be a port number from 0 to 65535');

/** A text that a function can read, which throws a predicate about it otherwise. */
const readBy = (read: (text: string) => unknown) =>
  z.string().check(({ value, issues }) => {
    try {
      read(value);
    } catch (error) {
      issues.push({ code: 'custom', input: value, message: (error as Error).message });
    }
  });

function readRedisUrl(text: string): URL {
  if (/^rediss?:\/\//.test(text)) return readableUrl(text);
  throw new OperatorError('must be a Redis URL such as redis://host:6379');
}

const settingsSchema = z.object({
  PORT: port.default(4000),
  HOST: listenHost.default('127.0.0.1'),
  DATABASE_URL: readBy(parseDatabaseUrl).optional(),
  REDIS_URL: readBy(readRedisUrl).optional(),
  BELLWETHER_DATA_DIR: z.string().min(1, 'must be a folder').default('.bellwether'),
  BELLWETHER_CONFIG: z.string().min(1, 'must be a YAML file').optional(),
  BELLWETHER_SAMPLE: z
    .enum(['auto', 'off'], { error: `must be one of ${oneOf(['auto', 'off'])}` })
    .default('auto'),
  PERSONALIZATION_ENABLED: z
    .enum(['true', 'false'], { error: `must be one of ${oneOf(['true', 'false'])}` })
    .default('true'),
  LOG_LEVEL: z.enum(logLevels, { error: `must be one of ${oneOf(logLevels)}` }).default('info'),
  NODE_ENV: z
    .enum(['development', 'production', 'test'], {
      error: `must be one of ${oneOf(['development', 'production', 'test'])}`,
    })
    .default('development'),
});

/** What the environment decides. Everything that shapes the ranking is in the ranking config instead. */
export interface Settings {
  readonly port: number;
  readonly host: string;
  /** Undefined: the embedded PostgreSQL under `dataDir`. */
  readonly databaseUrl: string | undefined;
  /** Undefined: replicas tell each other of changes over PostgreSQL. */
  readonly redisUrl: string | undefined;
  readonly dataDir: string;
  readonly rankingConfigFile: string | undefined;
  readonly sample: 'auto' | 'off';
  /** False: feeds do not depend on the user, whatever the ranking config says. */
  readonly personalizationEnabled: boolean;
  readonly logLevel: (typeof logLevels)[number];
  readonly production: boolean;
}

/** The settings as a table for `--help` and the README: name, default, meaning. */
export const settingDocs: readonly (readonly [name: string, fallback: string, meaning: string])[] = [
  ['PORT', '4000', 'port to listen on; 0 chooses a free one'],
  ['HOST', '127.0.0.1', 'address to listen on; only loopback is open without authentication'],
  ['DATABASE_URL', '', 'PostgreSQL 15 or newer; without it an embedded one is started'],
  ['REDIS_URL', '', 'Redis over which replicas tell each other of changes; else PostgreSQL'],
  ['BELLWETHER_DATA_DIR', '.bellwether', 'folder of the embedded PostgreSQL'],
  ['BELLWETHER_CONFIG', '', 'YAML file merged over the default ranking config'],
  ['BELLWETHER_SAMPLE', 'auto', 'auto: fill an empty embedded database with the sample; off: never'],
  [
    'PERSONALIZATION_ENABLED',
    'true',
    'false: feeds depend on the country, not on the user; profiles are kept',
  ],
  ['LOG_LEVEL', 'info', logLevels.join(', ')],
  ['NODE_ENV', 'development', 'development, production or test'],
];

/**
 * Reads the settings from environment variables; an empty variable counts as absent.
 *
 * @throws {OperatorError} naming every variable that is wrong, in one message.
 */
export function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = settingsSchema.safeParse(given);
  const unknown = unknownSettings(given, Object.keys(settingsSchema.shape));
  if (!parsed.success || unknown.length > 0) {
    const faults = (parsed.error?.issues ?? []).map((issue) => {
      const name = String(issue.path[0]);
      // A URL may hold a password, so its value is not repeated.
      const value = name.endsWith('_URL') ? '' : ` (it is "${String(given[name])}")`;
      return `${name} ${issue.message}${value}${issue.message.endsWith('?') ? '' : '.'}`;
    });
    throw new OperatorError(`The environment has wrong settings. ${[...faults, ...unknown].join(' ')}`);
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
