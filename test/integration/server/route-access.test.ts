import Fastify from 'fastify';
import { expect, it } from 'vitest';
import { ANONYMOUS_VIEWER } from '../../../src/auth/viewer.js';
import { registerAuthentication } from '../../../src/server/request-viewers.js';
import { openLimits } from '../../support/open-limits.js';

it('a route that the access policy does not list cannot be registered', async () => {
  const app = Fastify();
  registerAuthentication(app, {
    authentication: { viewerOf: () => ANONYMOUS_VIEWER },
    limits: openLimits,
  });
  expect(() => app.get('/unlisted', () => 'ok')).toThrow('does not list GET /unlisted');
  expect(() => app.post('/livez', () => 'ok')).toThrow('does not list POST /livez');
  app.get('/livez', () => 'ok');
  app.options('/anything', () => 'ok');
  expect((await app.inject('/livez')).statusCode).toBe(200);
});
