import type { IncomingHttpHeaders } from 'node:http';
import { countrySchema } from '../lib/input/country.js';

/**
 * The country that a proxy in front of the gateway says a request comes from: that of the first of these headers which
 * names one. What is no country, such as the XX of one who does not know, counts as absent.
 *
 * @param names in lower case; only those of headers that the proxy sets itself and lets no client set.
 */
export function countryOfHeaders(headers: IncomingHttpHeaders, names: readonly string[]): string | null {
  for (const name of names) {
    const country = countrySchema.safeParse(headers[name]);
    if (country.success) return country.data;
  }
  return null;
}
