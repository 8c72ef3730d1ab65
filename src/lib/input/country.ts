import { z } from 'zod';

const regions = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' });

/** Codes in the region data that stand for unions, islands of a country, and tests. */
const NOT_COUNTRIES = new Set('AC CP CQ DG EA EU EZ IC QO TA UN XA XB ZZ'.split(' '));

const MESSAGE = 'must be an ISO 3166-1 country code of two letters, such as GB or US';

const LETTERS = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ');

/** Computed once: querying the region data for each event would cost more than storing the event. */
const countries: ReadonlySet<string> = new Set(
  LETTERS.flatMap((first) => LETTERS.map((second) => first + second)).filter(
    (code) => regions.of(code) !== undefined && !NOT_COUNTRIES.has(code) && isCanonical(code),
  ),
);

/**
 * An ISO 3166-1 alpha-2 code, or XK for Kosovo, in any case; the output is in upper case. Former codes and aliases of a
 * country, such as UK, are rejected: they would count as a separate country.
 */
export const countrySchema = z
  .string(MESSAGE)
  .regex(/^[A-Za-z]{2}$/, MESSAGE)
  .transform((code) => code.toUpperCase())
  .refine((code) => countries.has(code), MESSAGE);

function isCanonical(code: string): boolean {
  return new Intl.Locale('und', { region: code }).region === code;
}
