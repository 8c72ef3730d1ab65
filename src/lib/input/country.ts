import { z } from 'zod';

const regions = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' });

/** Codes that the region data knows for unions, islands of a country, and tests. */
const notCountries = new Set('AC CP CQ DG EA EU EZ IC QO TA UN XA XB ZZ'.split(' '));

const fault = 'must be an ISO 3166-1 country code of two letters, such as GB or US';

const letters = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ');

/** Worked out once: asking the region data for each event would cost more than storing it. */
const countries: ReadonlySet<string> = new Set(
  letters
    .flatMap((first) => letters.map((second) => first + second))
    .filter((code) => regions.of(code) !== undefined && !notCountries.has(code) && isPresentCode(code)),
);

/**
 * A country by its ISO 3166-1 alpha-2 code, or XK for Kosovo, in any case; comes out in upper case. Former
 * codes and other names of a country, such as UK, are refused: they would count as a country of their own.
 */
export const countrySchema = z
  .string(fault)
  .regex(/^[A-Za-z]{2}$/, fault)
  .transform((code) => code.toUpperCase())
  .refine((code) => countries.has(code), fault);

function isPresentCode(code: string): boolean {
  return new Intl.Locale('und', { region: code }).region === code;
}
