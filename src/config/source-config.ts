import { z } from 'zod';
import { name } from './name-schema.js';
import { amount, whole } from './number-schemas.js';

/** Query parameters with which pages are asked for: an address that had them would be read wrongly. */
const PAGING_PARAMETERS = ['limit', 'offset', 'before', 'after_cursor'];

/** What is wrong with an address; undefined: nothing. The address itself is not told: it may hold a key. */
function addressFault(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) return 'must be an http(s) URL';
  if (url.username !== '' || url.password !== '') return 'must not hold a user name or a password';
  const paging = PAGING_PARAMETERS.find((name) => url.searchParams.has(name));
  return paging === undefined
    ? undefined
    : `must not hold the parameter ${paging}, which is set for each page (see pageSize)`;
}

/** What every kind of source has. */
const common = {
  /** Under this name it is remembered what was read; with a new name everything is read anew. */
  name,
  /** The list of markets, with whatever query parameters choose among them. */
  url: z
    .string()
    .max(2_000, 'must be at most 2000 characters')
    .superRefine((text, check) => {
      const message = addressFault(text);
      if (message !== undefined) check.addIssue({ code: 'custom', message });
    }),
  /** From the beginning of one reading to that of the next. */
  everySeconds: whole({ least: 10, most: 86_400 }).default(60),
  /** What comes after so many pages is left out. */
  maxPages: whole({ least: 1, most: 1_000 }).default(50),
  /** For one page, from the request to the last byte. */
  timeoutSeconds: amount({ above: 0, most: 600 }).default(15),
  /** Of one page, decompressed. */
  maxResponseMegabytes: amount({ above: 0, most: 1_000 }).default(50),
  /** Whether a market that is no longer listed is closed. */
  closeMissing: z.boolean().default(false),
};

/** One address of a market site from which the catalog is kept up to date. */
export const sourceConfigSchema = z.discriminatedUnion('format', [
  z.strictObject({
    ...common,
    /** Polymarket's Gamma API: `/markets`, `/events`, and both with `/keyset`. */
    format: z.literal('gamma'),
    /** Items asked for at once: markets, or events with all their markets. */
    pageSize: whole({ least: 1, most: 500 }).default(100),
  }),
  z.strictObject({
    ...common,
    /** Manifold: `/v0/markets` and `/v0/search-markets`. */
    format: z.literal('manifold'),
    /** Markets asked for at once. */
    pageSize: whole({ least: 1, most: 1_000 }).default(1_000),
  }),
]);

/** The sources of a deployment. */
export const sourcesSchema = z.array(sourceConfigSchema).superRefine((sources, check) => {
  sources.forEach(({ name }, index) => {
    if (sources.findIndex((source) => source.name === name) < index) {
      check.addIssue({ code: 'custom', path: [index, 'name'], message: `"${name}" is used twice` });
    }
  });
});

export type SourceConfig = z.output<typeof sourceConfigSchema>;
