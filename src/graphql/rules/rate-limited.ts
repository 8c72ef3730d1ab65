import { GraphQLError } from 'graphql';
import type { RateState } from '../../auth/rate-limits/rate-limits.js';
import { BellwetherError } from '../../lib/errors.js';

/** The error of an operation whose caller has no points left. Nothing of it has run. */
export function rateLimited(state: RateState): GraphQLError {
  const error = BellwetherError.rateLimited(state);
  return new GraphQLError(error.message, { originalError: error, extensions: { http: { status: 429 } } });
}
