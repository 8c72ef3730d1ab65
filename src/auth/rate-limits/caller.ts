import { isIPv6 } from 'node:net';
import type { Viewer } from '../viewer.js';

/** A viewer, and the address that it sends from. */
export interface Caller {
  readonly viewer: Viewer;
  /** IP address of the client; of the proxy, if the proxy is not trusted. */
  readonly address: string;
}

/** Groups of roles with their own rate limit, as the config names them. */
export type RateClass = 'anonymous' | 'client' | 'service' | 'staff';

/** The identity whose requests count together. */
export interface RateKey {
  readonly rateClass: RateClass;
  readonly key: string;
}

/**
 * Returns the identity that a caller's requests count for: the user of a client, the key or subject of a service or of staff,
 * the network of a caller without credentials. Undefined: not limited, in development mode.
 */
export function rateKeyOf({ viewer, address }: Caller): RateKey | undefined {
  switch (viewer.role) {
    case 'OPEN':
      return undefined;
    case 'ANONYMOUS':
      return { rateClass: 'anonymous', key: networkOf(address) };
    case 'CLIENT':
      return { rateClass: 'client', key: viewer.userKey };
    case 'SERVICE':
      return { rateClass: 'service', key: viewer.id };
    default:
      return { rateClass: 'staff', key: viewer.id };
  }
}

/** Returns one text for an identity, by which it is counted. */
export function rateIdOf({ rateClass, key }: RateKey): string {
  return `${rateClass} ${key}`;
}

const MAPPED_IPV4 = /^::ffff:(?=\d+\.)/i;

/** Returns an IPv4 address as it is, and the /64 of an IPv6 address, which one host has to itself. */
export function networkOf(address: string): string {
  const plain = address.replace(MAPPED_IPV4, '');
  if (!isIPv6(plain)) return plain;
  const [head = '', tail] = (plain.split('%', 1)[0] ?? '').split('::');
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const first = groups(head);
  const last = groups(tail ?? '');
  const zeros = Array<string>(Math.max(0, 8 - first.length - last.length)).fill('0');
  const prefix = [...first, ...zeros, ...last].slice(0, 4).map((group) => parseInt(group, 16).toString(16));
  return `${prefix.join(':')}::/64`;
}
