import type { FastifyReply } from 'fastify';
import { rateLimitHeaders, type RateState } from '../auth/rate-limits/rate-limits.js';

/** States the window of the caller in the headers of a response. */
export function sendRateState(reply: FastifyReply, state: RateState): void {
  for (const [name, value] of rateLimitHeaders(state)) reply.header(name, value);
}
