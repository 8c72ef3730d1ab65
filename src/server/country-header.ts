import type { IncomingHttpHeaders } from 'node:http';
import { countrySchema } from '../lib/input/country.js';

/**
 * Returns the country from the first of these headers that has a valid one; null if none has. Proxies send codes such
 * as XX for an unknown country, which count as absent.
 *
 * @param names lower-case names of headers that the trusted proxy sets itself, so that no client can set them.
 */
export function countryOfHeaders(headers: IncomingHttpHeaders, names: readonly string[]): string | null {
  for (const name of names) {
    const country = countrySchema.safeParse(headers[name]);
    if (country.success) return country.data;
  }
  return null;
}
