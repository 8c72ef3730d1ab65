import { z } from 'zod';
import { whole } from './field-types.js';

const window = (callers: string) =>
  z.strictObject({
    points: whole({ least: 1_000, most: 1_000_000_000_000 }).describe(
      `cost that ${callers} may cause in a window, in points`,
    ),
    seconds: whole({ least: 1, most: 3_600 }).describe('length of the window'),
  });

export const rateLimitSchema = z
  .strictObject({
    anonymous: window('all callers without credentials of one IPv4 address, or of one IPv6 /64, together'),
    client: window('the clients of one user together'),
    service: window('one API key of a service'),
    staff: window('one API key or user of the staff'),
    replicas: whole({ least: 1, most: 10_000 }).describe(
      'number of gateway processes; without Redis, or while it does not answer, each allows its share of the points',
    ),
    socketsPerAddress: whole({ least: 1, most: 100_000 }).describe(
      'WebSocket connections of one IPv4 address, or of one IPv6 /64, to a process',
    ),
    socketsPerViewer: whole({ least: 1, most: 100_000 }).describe(
      'WebSocket connections of one user, API key, or address without credentials, to a process',
    ),
  })
  .describe(
    'Rate limits by cost ([limits.md](limits.md)), and numbers of connections. Development mode has none of them.',
  );
