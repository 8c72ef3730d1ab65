import { afterEach, describe, expect, it, vi } from 'vitest';
import { isLoopback } from '../../../src/config/listen-host.js';
import { readSettings, settingDocs, settingsFromEnvironment } from '../../../src/config/settings.js';
import { OperatorError } from '../../../src/lib/errors.js';

afterEach(() => vi.unstubAllEnvs());

function faultOf(env: Record<string, string>): string {
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

describe('the settings', () => {
  it('have a default each', () => {
    expect(readSettings({})).toEqual({
      port: 4000,
      host: '127.0.0.1',
      databaseUrl: undefined,
      dataDir: '.bellwether',
      rankingConfigFile: undefined,
      sample: 'auto',
      personalizationEnabled: true,
      logLevel: 'info',
      production: false,
    });
  });

  it('come from the environment', () => {
    expect(
      readSettings({
        PORT: '65535',
        HOST: '::1',
        DATABASE_URL: 'postgres://u:p@db/name',
        BELLWETHER_DATA_DIR: '/var/lib/bellwether',
        BELLWETHER_CONFIG: 'ranking.yaml',
        BELLWETHER_SAMPLE: 'off',
        PERSONALIZATION_ENABLED: 'false',
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
      logLevel: 'silent',
      production: true,
    });
    vi.stubEnv('PORT', '4321');
    expect(settingsFromEnvironment().port).toBe(4321);
  });

  it('count an empty variable as absent', () => {
    const names = settingDocs.map(([name]) => name);
    expect(readSettings(Object.fromEntries(names.map((name) => [name, ''])))).toEqual(readSettings({}));
  });

  it('are told in the help with the defaults that they have', () => {
    const told = Object.fromEntries(settingDocs.map(([name, fallback]) => [name, fallback]));
    expect(readSettings(told)).toEqual(readSettings({}));
  });

  it('accept an IPv6 address in the brackets of a URL', () => {
    expect(readSettings({ HOST: '[::1]' }).host).toBe('::1');
    expect(readSettings({ HOST: 'fe80::1%eth0' }).host).toBe('fe80::1%eth0');
  });

  it('ignore the variables that Kubernetes sets for a service of that name', () => {
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
    expect(faultOf({ BELLWETHER_PORT: '4000' })).toContain('BELLWETHER_PORT is unknown');
  });

  it('accept a PostgreSQL URL with every parameter that a hosted database gives', () => {
    const given = [
      'postgresql://ada:p%23ss%40%2F@ep-1-pooler.example.net/site?sslmode=require&channel_binding=require',
      'postgresql://ada:secret@db.example.org:6543/site?pgbouncer=true&connection_limit=1&schema=site',
      'postgresql:///site?host=/var/run/postgresql',
      'postgresql://ada@[::1]:5433/site?options=-c%20geqo%3Doff&application_name=site',
    ];
    for (const url of given) expect(readSettings({ DATABASE_URL: url }).databaseUrl).toBe(url);
  });

  it('accept port 0, which chooses a free one, and both spellings of the PostgreSQL scheme', () => {
    expect(readSettings({ PORT: '0' }).port).toBe(0);
    expect(readSettings({ DATABASE_URL: 'postgresql://h/d' }).databaseUrl).toBe('postgresql://h/d');
  });
});

describe('a wrong setting', () => {
  it.each([
    ['PORT', 'http', aPort],
    ['PORT', '65536', aPort],
    ['PORT', '-1', aPort],
    ['PORT', '40.5', aPort],
    ['PORT', '4e3', aPort],
    ['PORT', ' 4000', aPort],
    ['BELLWETHER_SAMPLE', 'on', 'must be one of "auto", "off"'],
    ['BELLWETHER_SAMPLE', 'AUTO', 'must be one of "auto", "off"'],
    ['LOG_LEVEL', 'loud', 'must be one of "trace", "debug", "info", "warn", "error", "fatal", "silent"'],
    ['NODE_ENV', 'staging', 'must be one of "development", "production", "test"'],
  ])('%s=%s is told in one sentence that names both', (name, value, rule) => {
    expect(faultOf({ [name]: value })).toBe(
      `The environment has wrong settings. ${name} ${rule} (it is "${value}").`,
    );
  });

  it.each(['mysql://root:hunter2@db/name', 'hunter2', '//u:hunter2@db/name'])(
    'DATABASE_URL is told without its value, which may hold a password: %s',
    (value) => {
      expect(faultOf({ DATABASE_URL: value })).toBe(
        `The environment has wrong settings. DATABASE_URL ${aDatabase}.`,
      );
    },
  );

  const encode =
    'cannot be read: percent-encode special characters in the user name and password (# is %23, @ is %40, / is %2F, ' +
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
  ])('DATABASE_URL is rejected with the advice to encode when it cannot be read: %s', (value) => {
    expect(faultOf({ DATABASE_URL: value })).toBe(
      `The environment has wrong settings. DATABASE_URL ${encode}.`,
    );
  });

  it.each(['redis://:hun#ter2@cache', 'redis://:hun/ter2@cache', 'redis://:hunter2@cache:99999'])(
    'REDIS_URL is rejected with the advice to encode when it cannot be read: %s',
    (value) => {
      expect(faultOf({ REDIS_URL: value })).toBe(`The environment has wrong settings. REDIS_URL ${encode}.`);
    },
  );

  it.each([
    ['shema=bellwether', 'has the unknown parameter shema: did you mean schema?'],
    ['statement_timeout=5', /^has the unknown parameter statement_timeout: known are schema, host, /],
    [
      'schema=Bellwether',
      /^has a wrong value of the parameter schema: it must be 1 to 40 lower-case letters/,
    ],
    ['schema=pg_mine', /^has a wrong value of the parameter schema/],
    [`schema=${'a'.repeat(41)}`, /^has a wrong value of the parameter schema/],
    ['schema=', /^has a wrong value of the parameter schema/],
    ['schema=a"b', /^has a wrong value of the parameter schema/],
    ['sslmode=requires', /^has a wrong value of the parameter sslmode: it must be disable, /],
    ['port=http', /^has a wrong value of the parameter port: it must be a port number/],
    ['schema=one&schema=two', 'has the parameter schema twice'],
    ['sslmode=verify-full&sslrootcert=/nowhere.pem', 'names the file /nowhere.pem, which cannot be read'],
  ])('DATABASE_URL is rejected for its parameters %s', (parameters, rule) => {
    const fault = faultOf({ DATABASE_URL: `postgresql://ada:hunter2@db/name?${parameters}` });
    const [, told] = fault.split('DATABASE_URL ');
    expect(told).toMatch(rule);
    expect(fault).not.toContain('hunter2');
  });

  it.each([
    ['BELLWETHER_CONFG', 'BELLWETHER_CONFIG'],
    ['BELLWETHER_DATADIR', 'BELLWETHER_DATA_DIR'],
    ['bellwether_config', 'BELLWETHER_CONFIG'],
  ])('%s is rejected as unknown, and %s is named', (name, near) => {
    expect(faultOf({ [name]: 'hunter2' })).toBe(
      `The environment has wrong settings. ${name} is unknown: did you mean ${near}?`,
    );
  });

  it('is rejected as unknown with all known names when none is near', () => {
    expect(faultOf({ BELLWETHER_LOG_FILE_FORMAT: 'x' })).toBe(
      'The environment has wrong settings. BELLWETHER_LOG_FILE_FORMAT is unknown: known are BELLWETHER_DATA_DIR, ' +
        'BELLWETHER_CONFIG, BELLWETHER_SAMPLE.',
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
  ])('HOST=%s is no address to listen on', (value) => {
    expect(faultOf({ HOST: value })).toBe(
      `The environment has wrong settings. HOST must be an address or name to listen on, such as 127.0.0.1, ::1, or localhost (it is "${value}").`,
    );
  });

  it('is told together with all others', () => {
    expect(faultOf({ PORT: 'x', DATABASE_URL: 'y', LOG_LEVEL: 'z' })).toBe(
      `The environment has wrong settings. PORT ${aPort} (it is "x"). DATABASE_URL ${aDatabase}. ` +
        'LOG_LEVEL must be one of "trace", "debug", "info", "warn", "error", "fatal", "silent" (it is "z").',
    );
  });
});

describe('a loopback address', () => {
  it.each([
    'localhost',
    'LOCALHOST',
    '127.0.0.1',
    '127.255.0.254',
    '::1',
    '0:0:0:0:0:0:0:1',
    '::ffff:127.0.0.1',
  ])('is %s', (host) => {
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
  ])('is not %j', (host) => {
    expect(isLoopback(host)).toBe(false);
  });
});
