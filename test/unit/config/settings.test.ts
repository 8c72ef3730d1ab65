import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  isLoopback,
  readSettings,
  settingDocs,
  settingsFromEnvironment,
} from '../../../src/config/settings.js';
import { OperatorError } from '../../../src/lib/errors.js';

afterEach(() => vi.unstubAllEnvs());

function errorOf(env: Record<string, string>): string {
  try {
    readSettings(env);
  } catch (error) {
    if (error instanceof OperatorError) return error.message;
    throw error;
  }
  throw new Error('These settings were accepted.');
}

const aPort = 'must be a port number from 0 to 65535';
const aDatabase = 'must be a PostgreSQL URL such as postgresql://user:password@host:5432/database';

describe('readSettings', () => {
  it('returns the defaults without variables', () => {
    expect(readSettings({})).toEqual({
      port: 4000,
      host: '127.0.0.1',
      databaseUrl: undefined,
      dataDir: '.bellwether',
      rankingConfigFile: undefined,
      sample: 'auto',
      personalizationEnabled: true,
      modelsEnabled: true,
      logLevel: 'info',
      production: false,
      trustedProxies: [],
      corsOrigins: [],
      trustedDocuments: 'off',
    });
  });

  it('reads the environment', () => {
    expect(
      readSettings({
        PORT: '65535',
        HOST: '::1',
        DATABASE_URL: 'postgres://u:p@db/name',
        BELLWETHER_DATA_DIR: '/var/lib/bellwether',
        BELLWETHER_CONFIG: 'ranking.yaml',
        BELLWETHER_SAMPLE: 'off',
        PERSONALIZATION_ENABLED: 'false',
        TRUSTED_PROXIES: '127.0.0.1, 10.0.0.0/8,fd00::/8',
        CORS_ORIGINS: 'https://example.org,http://localhost:5173',
        TRUSTED_DOCUMENTS: 'enforce',
        TRUSTED_DOCUMENTS_FILE: 'documents.json',
        ML_MODELS_ENABLED: 'false',
        LOG_LEVEL: 'silent',
        NODE_ENV: 'production',
        PATH: '/bin',
      }),
    ).toEqual({
      port: 65_535,
      host: '::1',
      databaseUrl: 'postgres://u:p@db/name',
      dataDir: '/var/lib/bellwether',
      rankingConfigFile: 'ranking.yaml',
      sample: 'off',
      personalizationEnabled: false,
      modelsEnabled: false,
      logLevel: 'silent',
      production: true,
      trustedProxies: ['127.0.0.1', '10.0.0.0/8', 'fd00::/8'],
      corsOrigins: ['https://example.org', 'http://localhost:5173'],
      trustedDocuments: 'enforce',
      trustedDocumentsFile: 'documents.json',
    });
    vi.stubEnv('PORT', '4321');
    expect(settingsFromEnvironment().port).toBe(4321);
  });

  it('treats an empty variable as unset', () => {
    const names = settingDocs.map(([name]) => name);
    expect(readSettings(Object.fromEntries(names.map((name) => [name, ''])))).toEqual(readSettings({}));
  });

  it('has the defaults that the help lists', () => {
    const listed = Object.fromEntries(settingDocs.map(([name, fallback]) => [name, fallback]));
    expect(readSettings(listed)).toEqual(readSettings({}));
  });

  it('accepts an IPv6 address in the brackets of a URL', () => {
    expect(readSettings({ HOST: '[::1]' }).host).toBe('::1');
    expect(readSettings({ HOST: 'fe80::1%eth0' }).host).toBe('fe80::1%eth0');
  });

  it('ignores the variables that Kubernetes sets for a service called bellwether', () => {
    const env = {
      BELLWETHER_SERVICE_HOST: '10.0.0.1',
      BELLWETHER_SERVICE_PORT: '4000',
      BELLWETHER_SERVICE_PORT_HTTP: '4000',
      BELLWETHER_PORT: 'tcp://10.0.0.1:4000',
      BELLWETHER_PORT_4000_TCP: 'tcp://10.0.0.1:4000',
      BELLWETHER_PORT_4000_TCP_PROTO: 'tcp',
      BELLWETHER_PORT_4000_TCP_PORT: '4000',
      BELLWETHER_PORT_4000_TCP_ADDR: '10.0.0.1',
      BELLWETHER_WORKER_SERVICE_HOST: '10.0.0.2',
      BELLWETHER_WORKER_PORT: 'tcp://10.0.0.2:4000',
    };
    expect(readSettings(env)).toEqual(readSettings({}));
    expect(errorOf({ BELLWETHER_PORT: '4000' })).toContain('BELLWETHER_PORT is unknown');
  });

  it('accepts PostgreSQL URLs with the parameters of hosted databases', () => {
    const given = [
      'postgresql://ada:p%23ss%40%2F@ep-1-pooler.example.net/site?sslmode=require&channel_binding=require',
      'postgresql://ada:secret@db.example.org:6543/site?pgbouncer=true&connection_limit=1&schema=site',
      'postgresql:///site?host=/var/run/postgresql',
      'postgresql://ada@[::1]:5433/site?options=-c%20geqo%3Doff&application_name=site',
    ];
    for (const url of given) expect(readSettings({ DATABASE_URL: url }).databaseUrl).toBe(url);
  });

  it('accepts port 0 and both spellings of the PostgreSQL scheme', () => {
    expect(readSettings({ PORT: '0' }).port).toBe(0);
    expect(readSettings({ DATABASE_URL: 'postgresql://h/d' }).databaseUrl).toBe('postgresql://h/d');
  });
});

describe('the settings of tokens', () => {
  const common = { BELLWETHER_JWT_ISSUER: 'https://site.example', BELLWETHER_JWT_AUDIENCE: 'bellwether' };
  const secret = 'hunter2 '.repeat(4);
  const jwksUrl = 'https://login.site.example/jwks.json';

  it('are a JWKS URL or a secret, with an issuer and an audience', () => {
    const { jwt } = readSettings({ ...common, BELLWETHER_JWT_JWKS_URL: jwksUrl });
    expect(jwt).toEqual({
      ...{ key: { jwksUrl }, issuer: 'https://site.example', audience: 'bellwether' },
      ...{ roleClaim: undefined, maxAgeHours: 24 },
    });
    const others = { BELLWETHER_JWT_ROLE_CLAIM: 'role', BELLWETHER_JWT_MAX_AGE_HOURS: '720' };
    expect(readSettings({ ...common, BELLWETHER_JWT_SECRET: secret, ...others }).jwt).toMatchObject({
      ...{ key: { secret }, roleClaim: 'role', maxAgeHours: 720 },
    });
  });

  it.each<Record<string, string>>([
    common,
    { BELLWETHER_JWT_SECRET: secret },
    { ...common, BELLWETHER_JWT_SECRET: secret, BELLWETHER_JWT_JWKS_URL: jwksUrl },
    { BELLWETHER_JWT_JWKS_URL: jwksUrl, BELLWETHER_JWT_ISSUER: 'https://site.example' },
    { BELLWETHER_JWT_ROLE_CLAIM: 'role' },
  ])('are rejected if they are incomplete or exclude each other: %j', (env) => {
    const message = errorOf(env);
    expect(message).toContain(
      'To accept tokens, set BELLWETHER_JWT_ISSUER, BELLWETHER_JWT_AUDIENCE, and either',
    );
    expect(message).not.toContain('hunter2');
  });

  it.each([
    ['BELLWETHER_JWT_SECRET', 'hunter2', 'must have at least 32 bytes'],
    ...['http://site.example/jwks', 'https://u:hunter2@site.example/jwks', 'file:///jwks', 'hunter2'].map(
      (url) => [
        'BELLWETHER_JWT_JWKS_URL',
        url,
        'must be an https URL without a user name, or an http URL of this machine',
      ],
    ),
  ])('%s=%s is rejected without its value', (name, value, rule) => {
    expect(errorOf({ ...common, [name]: value })).toBe(
      `Invalid settings in the environment. ${name} ${rule}.`,
    );
  });

  it.each(['http://localhost:8080/jwks', 'http://127.0.0.1/jwks', 'http://[::1]:8080/jwks'])(
    'accept a JWKS URL of this machine: %s',
    (url) => {
      expect(readSettings({ ...common, BELLWETHER_JWT_JWKS_URL: url }).jwt?.key).toEqual({ jwksUrl: url });
    },
  );

  it.each(['0', '8761', '1.5', 'day'])('reject a maximum age of %s hours', (hours) => {
    expect(errorOf({ BELLWETHER_JWT_MAX_AGE_HOURS: hours })).toContain(
      'a whole number of hours from 1 to 8760',
    );
  });
});

describe('readSettings rejects', () => {
  it.each([
    ['PORT', 'http', aPort],
    ['PORT', '65536', aPort],
    ['PORT', '-1', aPort],
    ['PORT', '40.5', aPort],
    ['PORT', '4e3', aPort],
    ['PORT', ' 4000', aPort],
    ['BELLWETHER_SAMPLE', 'on', 'must be one of "auto", "off"'],
    ['BELLWETHER_SAMPLE', 'AUTO', 'must be one of "auto", "off"'],
    ['TRUSTED_PROXIES', 'proxy', 'must be IP addresses or networks such as 10.0.0.0/8, separated by commas'],
    [
      'TRUSTED_PROXIES',
      '10.0.0.0/33',
      'must be IP addresses or networks such as 10.0.0.0/8, separated by commas',
    ],
    [
      'CORS_ORIGINS',
      'https://example.org/',
      'must be origins such as https://example.org, without a path, separated by commas',
    ],
    ['CORS_ORIGINS', '*', 'must be origins such as https://example.org, without a path, separated by commas'],
    ['TRUSTED_DOCUMENTS', 'on', 'must be one of "off", "log", "enforce"'],
    ['LOG_LEVEL', 'loud', 'must be one of "trace", "debug", "info", "warn", "error", "fatal", "silent"'],
    ['NODE_ENV', 'staging', 'must be one of "development", "production", "test"'],
  ])('%s=%s in one sentence that names both', (name, value, rule) => {
    expect(errorOf({ [name]: value })).toBe(
      `Invalid settings in the environment. ${name} ${rule} (it is "${value}").`,
    );
  });

  it.each(['mysql://root:hunter2@db/name', 'hunter2', '//u:hunter2@db/name'])(
    'DATABASE_URL without its value, which may contain a password: %s',
    (value) => {
      expect(errorOf({ DATABASE_URL: value })).toBe(
        `Invalid settings in the environment. DATABASE_URL ${aDatabase}.`,
      );
    },
  );

  const encode =
    'cannot be parsed: percent-encode special characters in the user name and password (# is %23, @ is %40, / is %2F, ' +
    '? is %3F, % is %25)';

  it.each([
    'postgresql://ada:hun#ter2@db/name',
    'postgresql://ada:1#hunter2@db/name',
    'postgresql://ada:hun/ter2@db/name',
    'postgresql://ada:1/hunter2@db/name',
    'postgresql://ada:hun?ter2@db/name',
    'postgresql://ada:1?hunter2@db/name',
    'postgresql://ada:hunter2%ff@db/name',
    'postgresql://ada:hunter2@db:99999/name',
    'postgresql://ada:hunter2@[::1/name',
  ])('DATABASE_URL with the advice to encode when it cannot be parsed: %s', (value) => {
    expect(errorOf({ DATABASE_URL: value })).toBe(
      `Invalid settings in the environment. DATABASE_URL ${encode}.`,
    );
  });

  it.each(['redis://:hun#ter2@cache', 'redis://:hun/ter2@cache', 'redis://:hunter2@cache:99999'])(
    'REDIS_URL with the advice to encode when it cannot be parsed: %s',
    (value) => {
      expect(errorOf({ REDIS_URL: value })).toBe(`Invalid settings in the environment. REDIS_URL ${encode}.`);
    },
  );

  it.each([
    ['shema=bellwether', 'has the unknown parameter shema: did you mean schema?'],
    ['statement_timeout=5', /^has the unknown parameter statement_timeout: known are schema, host, /],
    ['schema=Bellwether', /^has an invalid parameter schema: it must be 1 to 40 lower-case letters/],
    ['schema=pg_mine', /^has an invalid parameter schema/],
    [`schema=${'a'.repeat(41)}`, /^has an invalid parameter schema/],
    ['schema=', /^has an invalid parameter schema/],
    ['schema=a"b', /^has an invalid parameter schema/],
    ['sslmode=requires', /^has an invalid parameter sslmode: it must be disable, /],
    ['port=http', /^has an invalid parameter port: it must be a port number/],
    ['schema=one&schema=two', 'has the parameter schema twice; remove one'],
    ['sslmode=verify-full&sslrootcert=/nowhere.pem', 'names the file /nowhere.pem, which cannot be read'],
  ])('DATABASE_URL for its parameters %s', (parameters, rule) => {
    const message = errorOf({ DATABASE_URL: `postgresql://ada:hunter2@db/name?${parameters}` });
    const [, problem] = message.split('DATABASE_URL ');
    expect(problem).toMatch(rule);
    expect(message).not.toContain('hunter2');
  });

  it.each([
    ['BELLWETHER_CONFG', 'BELLWETHER_CONFIG'],
    ['BELLWETHER_DATADIR', 'BELLWETHER_DATA_DIR'],
    ['bellwether_config', 'BELLWETHER_CONFIG'],
  ])('%s as unknown, and suggests %s', (name, suggestion) => {
    expect(errorOf({ [name]: 'hunter2' })).toBe(
      `Invalid settings in the environment. ${name} is unknown: did you mean ${suggestion}?`,
    );
  });

  it('an unknown name with all known names when none is similar', () => {
    expect(errorOf({ BELLWETHER_LOG_FILE_FORMAT: 'x' })).toBe(
      'Invalid settings in the environment. BELLWETHER_LOG_FILE_FORMAT is unknown: known are BELLWETHER_DATA_DIR, ' +
        'BELLWETHER_CONFIG, BELLWETHER_SAMPLE, BELLWETHER_JWT_JWKS_URL, BELLWETHER_JWT_SECRET, BELLWETHER_JWT_ISSUER, ' +
        'BELLWETHER_JWT_AUDIENCE, BELLWETHER_JWT_ROLE_CLAIM, BELLWETHER_JWT_MAX_AGE_HOURS.',
    );
  });

  it.each([
    'localhost:4000',
    'http://localhost',
    '[::1',
    '[127.0.0.1]',
    '::1]',
    '127.0.0.1/8',
    'two words',
    '-a',
  ])('HOST=%s, which is not an address', (value) => {
    expect(errorOf({ HOST: value })).toBe(
      `Invalid settings in the environment. HOST must be an address or name to listen on, such as 127.0.0.1, ::1, or localhost (it is "${value}").`,
    );
  });

  it('all invalid settings in one message', () => {
    expect(errorOf({ PORT: 'x', DATABASE_URL: 'y', LOG_LEVEL: 'z' })).toBe(
      `Invalid settings in the environment. PORT ${aPort} (it is "x"). DATABASE_URL ${aDatabase}. ` +
        'LOG_LEVEL must be one of "trace", "debug", "info", "warn", "error", "fatal", "silent" (it is "z").',
    );
  });
});

describe('isLoopback', () => {
  it.each([
    'localhost',
    'LOCALHOST',
    '127.0.0.1',
    '127.255.0.254',
    '::1',
    '0:0:0:0:0:0:0:1',
    '::ffff:127.0.0.1',
  ])('returns true for %s', (host) => {
    expect(isLoopback(host)).toBe(true);
  });

  it.each([
    '0.0.0.0',
    '::',
    '10.0.0.1',
    '128.0.0.1',
    '127.0.0.1.example.com',
    'my.127.0.0.1',
    'localhost.example',
    '',
  ])('returns false for %j', (host) => {
    expect(isLoopback(host)).toBe(false);
  });
});
