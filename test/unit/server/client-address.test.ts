import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { clientAddress } from '../../../src/server/client-address.js';

const request = (remoteAddress: string, forwarded?: string) =>
  ({
    headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
    socket: { remoteAddress },
  }) as unknown as Pick<IncomingMessage, 'headers' | 'socket'>;

describe('the address of the client', () => {
  it('is the other end of the connection without trusted proxies, whatever a header says', () => {
    expect(clientAddress([])(request('192.0.2.1', '198.51.100.1'))).toBe('192.0.2.1');
  });

  it.each([
    ['the address that the proxy appended', '10.0.0.1', '203.0.113.9, 198.51.100.1', '198.51.100.1'],
    [
      'the address in front of all trusted proxies',
      '10.0.0.1',
      '203.0.113.9, 198.51.100.1, 10.0.0.2',
      '198.51.100.1',
    ],
    ['the other end, if it is no trusted proxy', '192.0.2.1', '198.51.100.1', '192.0.2.1'],
    ['the proxy, without the header', '10.0.0.1', undefined, '10.0.0.1'],
    ['the last valid address', '10.0.0.1', '198.51.100.1, unknown', '10.0.0.1'],
    ['an IPv6 address', '::1', '2001:db8::7', '2001:db8::7'],
    ['the first one, if all are proxies', '10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['found through an IPv4-mapped proxy', '::ffff:10.0.0.1', '198.51.100.1', '198.51.100.1'],
  ])('is %s', (_name, remote, forwarded, expected) => {
    expect(clientAddress(['10.0.0.0/8', '::1'])(request(remote, forwarded))).toBe(expected);
  });
});
