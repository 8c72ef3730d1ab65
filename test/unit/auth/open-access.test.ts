import { describe, expect, it } from 'vitest';
import { isOpenWithoutKeys, requireProtection } from '../../../src/auth/open-access.js';
import type { JwtSettings } from '../../../src/config/settings.js';
import { OperatorError } from '../../../src/lib/errors.js';

const jwt: JwtSettings = {
  ...{ key: { secret: 'x'.repeat(32) }, issuer: 'https://site.example', audience: 'bellwether' },
  ...{ roleClaim: undefined, maxAgeHours: 24 },
};
const local = { host: '127.0.0.1', production: false, jwt: undefined };

describe('a gateway without authentication', () => {
  it.each(['127.0.0.1', '::1', 'localhost'])('is open on HOST=%s outside production', (host) => {
    expect(isOpenWithoutKeys({ ...local, host })).toBe(true);
    expect(() => requireProtection({ ...local, host }, false)).not.toThrow();
  });

  it.each(['0.0.0.0', '::', '192.168.1.5', 'gateway.example'])('does not start on HOST=%s', (host) => {
    const start = () => requireProtection({ ...local, host }, false);
    expect(start).toThrow(OperatorError);
    expect(start).toThrow(`HOST=${host} would let anyone on the network read and write all data`);
    expect(isOpenWithoutKeys({ ...local, host })).toBe(false);
  });

  it.each(['127.0.0.1', '0.0.0.0'])('does not start in production on %s', (host) => {
    const start = () => requireProtection({ ...local, host, production: true }, false);
    expect(start).toThrow(OperatorError);
    expect(start).toThrow('NODE_ENV=production requires authentication');
    expect(isOpenWithoutKeys({ ...local, host, production: true })).toBe(false);
  });
});

describe.each([
  ['an API key', local, true],
  ['tokens', { ...local, jwt }, false],
])('a gateway with %s', (_, settings, hasApiKeys) => {
  it.each([
    ['127.0.0.1', false],
    ['0.0.0.0', false],
    ['0.0.0.0', true],
  ])('starts on %s, production: %s', (host, production) => {
    expect(() => requireProtection({ ...settings, host, production }, hasApiKeys)).not.toThrow();
  });
});

it('a gateway with tokens is not open on a loopback address', () => {
  expect(isOpenWithoutKeys({ ...local, jwt })).toBe(false);
});
