import { describe, expect, it } from 'vitest';
import { networkOf, rateKeyOf } from '../../../src/auth/rate-limits/caller.js';

const address = '192.0.2.7';

describe('the network of an address', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002:ffff:ffff:ffff:ffff', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['', ''],
  ])('of %s is %s', (given, network) => {
    expect(networkOf(given)).toBe(network);
  });
});

describe('the identity that requests count for', () => {
  it('is none in development mode', () => {
    expect(rateKeyOf({ viewer: { role: 'OPEN' }, address })).toBeUndefined();
  });

  it('is the network without credentials', () => {
    expect(rateKeyOf({ viewer: { role: 'ANONYMOUS' }, address: '2001:db8::1' })).toEqual({
      rateClass: 'anonymous',
      key: '2001:db8:0:0::/64',
    });
  });

  it('is the user of a client, from whatever address', () => {
    const viewer = { role: 'CLIENT', userKey: 'ada', expiresAtMs: 1 } as const;
    expect(rateKeyOf({ viewer, address })).toEqual({ rateClass: 'client', key: 'ada' });
  });

  it.each([
    ['SERVICE', 'service'],
    ['MONITOR', 'staff'],
    ['ADMIN', 'staff'],
    ['SUPERADMIN', 'staff'],
  ] as const)('is the id of a %s', (role, rateClass) => {
    const viewer = { role, id: 'key-1', expiresAtMs: null };
    expect(rateKeyOf({ viewer, address })).toEqual({ rateClass, key: 'key-1' });
  });
});
