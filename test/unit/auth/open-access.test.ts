import { expect, it } from 'vitest';
import { requireLocalDevelopment } from '../../../src/auth/open-access.js';
import { OperatorError } from '../../../src/lib/errors.js';

it.each(['127.0.0.1', '::1', 'localhost'])('accepts HOST=%s outside production', (host) => {
  expect(() => requireLocalDevelopment({ host, production: false })).not.toThrow();
});

it.each(['0.0.0.0', '::', '192.168.1.5', 'gateway.example'])('rejects HOST=%s with the reason', (host) => {
  const start = () => requireLocalDevelopment({ host, production: false });
  expect(start).toThrow(OperatorError);
  expect(start).toThrow(`HOST=${host} would let anyone on the network read and write all data`);
});

it.each(['127.0.0.1', '0.0.0.0'])('rejects production on %s', (host) => {
  const start = () => requireLocalDevelopment({ host, production: true });
  expect(start).toThrow(OperatorError);
  expect(start).toThrow('NODE_ENV=production is not supported');
});
