import { BlockList, isIP } from 'node:net';
import { z } from 'zod';

const HOST_NAME = /^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/i;

/** The address or name to listen on. An IPv6 address may stand in the brackets that it has in a URL. */
export const listenHost = z
  .string()
  .transform((host) => (isIP(host.slice(1, -1)) === 6 ? host.replace(/^\[(.*)\]$/, '$1') : host))
  .refine(
    (host) => isIP(host) !== 0 || HOST_NAME.test(host),
    'must be an address or name to listen on, such as 127.0.0.1, ::1, or localhost',
  );

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Whether an address accepts connections from this machine only. */
export function isLoopback(host: string): boolean {
  const family = isIP(host);
  if (family === 0) return host.toLowerCase() === 'localhost';
  return loopback.check(host, family === 6 ? 'ipv6' : 'ipv4');
}
