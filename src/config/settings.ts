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
  /** Undefined: JSON Web Tokens are not accepted. */
  readonly jwt: JwtSettings | undefined;
  /** False: the configured weights apply, and nothing is learned, whatever the ranking config says. */
  readonly modelsEnabled: boolean;
  readonly logLevel: (typeof LOG_LEVELS)[number];
  readonly production: boolean;
  /** Addresses and networks of reverse proxies whose `X-Forwarded-For` names the client. */
  readonly trustedProxies: readonly string[];
  /** Origins, such as `https://example.org`, whose pages may call the gateway. */
  readonly corsOrigins: readonly string[];
  readonly trustedDocuments: (typeof DOCUMENT_MODES)[number];
  /** Manifest of the trusted documents. Undefined: those that the package contains. */
  readonly trustedDocumentsFile: string | undefined;
}

/** Conditions that JSON Web Tokens must meet. */
export interface JwtSettings {
  /** Keys of asymmetric signatures, or the key of HS256. */
  readonly key: { readonly jwksUrl: string } | { readonly secret: string };
  readonly issuer: string;
  readonly audience: string;
  /** Claim with the role. Undefined: every token has the role CLIENT. */
  readonly roleClaim: string | undefined;
  /** Hours after `iat` from which a token is no longer accepted. */
  readonly maxAgeHours: number;
}

const DOCUMENT_MODES = ['off', 'log', 'enforce'] as const;

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/** Name, default, and meaning of each variable, for `--help` and docs/configuration.md. */
export const settingDocs: readonly (readonly [name: string, fallback: string, meaning: string])[] = [
  ['PORT', '4000', 'port to listen on; 0 chooses a free one'],
  ['HOST', '127.0.0.1', 'address to listen on; without authentication it must be a loopback address'],
  [
    'BELLWETHER_JWT_JWKS_URL',
    '',
    'URL of the public keys (JWKS) that sign tokens; https, or http on loopback',
  ],
  ['BELLWETHER_JWT_SECRET', '', 'shared secret of HS256 tokens, 32 bytes or more, instead of the JWKS URL'],
  ['BELLWETHER_JWT_ISSUER', '', 'required `iss` of tokens; required with the JWKS URL or the secret'],
  ['BELLWETHER_JWT_AUDIENCE', '', 'required `aud` of tokens; required with the JWKS URL or the secret'],
  ['BELLWETHER_JWT_ROLE_CLAIM', '', 'claim with the role of a token; if unset, every token is of a CLIENT'],
  ['BELLWETHER_JWT_MAX_AGE_HOURS', '24', 'hours after `iat` from which a token is rejected, 1–8760'],
  ['DATABASE_URL', '', 'PostgreSQL 15 or newer; if unset, the embedded database is used'],
  [
    'REDIS_URL',
    '',
    'Redis for notifications between replicas and shared rate limits; if unset, PostgreSQL notifies, and each replica allows its share',
  ],
  ['BELLWETHER_DATA_DIR', '.bellwether', 'folder of the embedded database'],
  ['BELLWETHER_CONFIG', '', 'YAML file that is merged over the default ranking config'],
  ['BELLWETHER_SAMPLE', 'auto', 'auto: load the sample into an empty embedded database; off: never'],
  [
    'PERSONALIZATION_ENABLED',
    'true',
    'false: feeds depend on the country only, not on the user; profiles are kept',
  ],
  [
    'TRUSTED_PROXIES',
    '',
    'addresses and networks of reverse proxies, such as 127.0.0.1,10.0.0.0/8, whose X-Forwarded-For names the client',
  ],
  [
    'CORS_ORIGINS',
    '',
    'origins, such as https://example.org, whose pages may call the gateway; separated by commas',
  ],
  [
    'TRUSTED_DOCUMENTS',
    'off',
    'off; log: log documents of clients that are not trusted; enforce: reject them',
  ],
  [
    'TRUSTED_DOCUMENTS_FILE',
    '',
    'manifest of "bellwether documents build"; if unset, the documents of the package are trusted',
  ],
  [
    'ML_MODELS_ENABLED',
    'true',
    'false: nothing is learned, and the weights of the ranking config apply; choices are counted',
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

const maxAgeHours = z
  .string()
  .regex(/^\d{1,4}$/, 'must be a whole number of hours from 1 to 8760')
  .transform(Number)
  .refine((hours) => hours >= 1 && hours <= 8_760, 'must be a whole number of hours from 1 to 8760');

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

const MIN_SECRET_BYTES = 32;

/** Requires TLS, because who can change the keys on their way can sign tokens of every user. */
function parseJwksUrl(text: string): void {
  const url = URL.parse(text);
  const isSecure = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(hostOf(url)));
  if (!isSecure || url.username !== '' || url.password !== '') {
    throw new OperatorError('must be an https URL without a user name, or an http URL of this machine');
  }
}

/** Returns the host of a URL, an IPv6 address without its brackets. */
function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}

/** Values separated by commas, each of which `isValid` accepts. */
const listOf = (isValid: (entry: string) => boolean, expected: string) =>
  z
    .string()
    .transform((text) => text.split(',').map((entry) => entry.trim()))
    .refine((entries) => entries.every(isValid), `must be ${expected}, separated by commas`);

function isNetwork(text: string): boolean {
  const [address = '', prefix, ...others] = text.split('/');
  const family = isIP(address);
  if (family === 0 || others.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 6 ? 128 : 32));
}

function isOrigin(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && ['http:', 'https:'].includes(url.protocol) && url.origin === text;
}

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
  BELLWETHER_JWT_JWKS_URL: parsedBy(parseJwksUrl).optional(),
  BELLWETHER_JWT_SECRET: z
    .string()
    .refine(
      (secret) => Buffer.byteLength(secret) >= MIN_SECRET_BYTES,
      `must have at least ${MIN_SECRET_BYTES} bytes`,
    )
    .optional(),
  BELLWETHER_JWT_ISSUER: z.string().optional(),
  BELLWETHER_JWT_AUDIENCE: z.string().optional(),
  BELLWETHER_JWT_ROLE_CLAIM: z.string().optional(),
  BELLWETHER_JWT_MAX_AGE_HOURS: maxAgeHours.default(24),
  TRUSTED_PROXIES: listOf(isNetwork, 'IP addresses or networks such as 10.0.0.0/8').default([]),
  CORS_ORIGINS: listOf(isOrigin, 'origins such as https://example.org, without a path').default([]),
  TRUSTED_DOCUMENTS: oneOf(DOCUMENT_MODES).default('off'),
  TRUSTED_DOCUMENTS_FILE: z.string().min(1, 'must be a JSON file').optional(),
  ML_MODELS_ENABLED: oneOf(['true', 'false']).default('true'),
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
      // The message omits secrets, and the value of a URL, because it may contain a password.
      const value = /_(URL|SECRET)$/.test(name) ? '' : ` (it is "${String(given[name])}")`;
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
    jwt: jwtSettings(data),
    modelsEnabled: data.ML_MODELS_ENABLED === 'true',
    logLevel: data.LOG_LEVEL,
    production: data.NODE_ENV === 'production',
    trustedProxies: data.TRUSTED_PROXIES,
    corsOrigins: data.CORS_ORIGINS,
    trustedDocuments: data.TRUSTED_DOCUMENTS,
    trustedDocumentsFile: data.TRUSTED_DOCUMENTS_FILE,
  };
}

/** @throws {OperatorError} for settings of tokens that are incomplete or exclude each other. */
function jwtSettings(data: z.output<typeof settingsSchema>): JwtSettings | undefined {
  const { BELLWETHER_JWT_JWKS_URL: jwksUrl, BELLWETHER_JWT_SECRET: secret } = data;
  const { BELLWETHER_JWT_ISSUER: issuer, BELLWETHER_JWT_AUDIENCE: audience } = data;
  const { BELLWETHER_JWT_ROLE_CLAIM: roleClaim, BELLWETHER_JWT_MAX_AGE_HOURS: maxAgeHours } = data;
  const given = [jwksUrl, secret, issuer, audience, roleClaim];
  if (given.every((value) => value === undefined)) return undefined;
  const keys = [
    ...(jwksUrl === undefined ? [] : [{ jwksUrl }]),
    ...(secret === undefined ? [] : [{ secret }]),
  ];
  const [key, second] = keys;
  if (key === undefined || second !== undefined || issuer === undefined || audience === undefined) {
    throw new OperatorError(
      'To accept tokens, set BELLWETHER_JWT_ISSUER, BELLWETHER_JWT_AUDIENCE, and either BELLWETHER_JWT_JWKS_URL or BELLWETHER_JWT_SECRET; to accept none, set no variable that starts with BELLWETHER_JWT_.',
    );
  }
  return { key, issuer, audience, roleClaim, maxAgeHours };
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
