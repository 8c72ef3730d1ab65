import { ANONYMOUS_VIEWER } from '../viewer.js';
import type { RateLimits, RateState } from './rate-limits.js';

/** Points of a request with invalid credentials: by default, an address can try 600 a minute. */
const FAILED_AUTHENTICATION_COST = 1_000;

/**
 * Counts invalid credentials for the address that sent them, in the window of its callers without credentials. Valid
 * credentials have windows of their own, so that failures lock out no holder of them who shares the address.
 */
export async function countFailedAuthentication(
  rates: Pick<RateLimits, 'exhausted' | 'consume'>,
  address: string,
): Promise<RateState | undefined> {
  const caller = { viewer: ANONYMOUS_VIEWER, address };
  return rates.exhausted(caller) ?? rates.consume(caller, FAILED_AUTHENTICATION_COST);
}
