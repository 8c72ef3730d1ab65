import { expect, it } from 'vitest';
import { requireClosedDoor } from '../../../src/auth/open-access.js';
import { OperatorError } from '../../../src/lib/errors.js';

it.each(['127.0.0.1', '::1', 'localhost'])('lets a gateway start on %s while developing', (host) => {
  expect(() => requireClosedDoor({ host, production: false })).not.toThrow();
});

it.each(['0.0.0.0', '::', '192.168.1.5', 'gateway.example'])(
  'refuses to start on %s and says why',
  (host) => {
    const start = () => requireClosedDoor({ host, production: false });
    expect(start).toThrow(OperatorError);
    expect(start).toThrow(`HOST=${host} would let anyone on the network read and write everything`);
  },
);

it.each(['127.0.0.1', '0.0.0.0'])('refuses to start in production, on %s too', (host) => {
  const start = () => requireClosedDoor({ host, production: true });
  expect(start).toThrow(OperatorError);
  expect(start).toThrow('does not start with NODE_ENV=production');
});
