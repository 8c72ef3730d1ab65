import { afterEach, describe, expect, it, vi } from 'vitest';
import { isLoopback, readSettings, settingDocs, settingsFromEnvironment } from '../../src/config/settings.js';
import { OperatorError } from '../../src/errors.js';

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

  it('is told together with all others', () => {
    expect(faultOf({ PORT: 'x', DATABASE_URL: 'y', LOG_LEVEL: 'z' })).toBe(
      `The environment has wrong settings. PORT ${aPort} (it is "x"). DATABASE_URL ${aDatabase}. ` +
        'LOG_LEVEL must be one of "trace", "debug", "info", "warn", "error", "fatal", "silent" (it is "z").',
    );
  });
});

describe('a loopback address', () => {
  it.each(['localhost', '127.0.0.1', '127.255.0.254', '::1'])('is %s', (host) => {
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
