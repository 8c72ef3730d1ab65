import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';
import { HOUR_MS, SECOND_MS } from '../lib/time.js';

/** Request headers that a page of another origin may set. */
const REQUEST_HEADERS = [
  'accept',
  'authorization',
  'content-type',
  'apollo-require-preflight',
  'x-apollo-operation-name',
  'x-request-id',
];

/** Response headers that such a page may read. */
const RESPONSE_HEADERS = [
  'ratelimit-limit',
  'ratelimit-policy',
  'ratelimit-remaining',
  'ratelimit-reset',
  'retry-after',
  'x-request-id',
];

/** Browsers cache a preflight at most this long. */
const PREFLIGHT_MAX_AGE_MS = 2 * HOUR_MS;

/** Lets pages of these origins call the gateway. Without origins, no response has CORS headers. Cookies are never accepted. */
export async function registerCors(app: FastifyInstance, origins: readonly string[]): Promise<void> {
  if (origins.length === 0) return;
  await app.register(cors, {
    origin: [...origins],
    methods: ['GET', 'POST'],
    credentials: false,
    allowedHeaders: REQUEST_HEADERS,
    exposedHeaders: RESPONSE_HEADERS,
    maxAge: PREFLIGHT_MAX_AGE_MS / SECOND_MS,
  });
}
