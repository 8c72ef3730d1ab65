import { z } from 'zod';

const regions = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' });

/** A country by its ISO 3166-1 alpha-2 code, in any case; comes out in upper case. */
export const countrySchema = z
  .string()
  .transform((code) => code.toUpperCase())
  .refine(
    (code) => /^[A-Z]{2}$/.test(code) && code !== 'ZZ' && regions.of(code) !== undefined,
    'must be a country code of two letters, such as IL or US',
  );
