import { z } from 'zod';
import { amount, name, whole } from './field-types.js';

/** Query parameters that the poller sets for each page. In the configured URL they would conflict with paging. */
const PAGING_PARAMETERS = ['limit', 'offset', 'before', 'after_cursor'];

/** Returns the problem of a URL. The message omits the URL, because it may contain a key. */
function urlProblem(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) return 'must be an http(s) URL';
  if (url.username !== '' || url.password !== '') return 'must not contain a user name or a password';
  const paging = PAGING_PARAMETERS.find((name) => url.searchParams.has(name));
  return paging === undefined
    ? undefined
    : `must not contain the parameter ${paging}, which the poller sets for each page (see pageSize)`;
}

const common = {
  name: name.describe('unique name; identifies the stored polling state. A new name reads everything again'),
  url: z
    .string()
    .max(2_000, 'must be at most 2000 characters')
    .superRefine((text, check) => {
      const message = urlProblem(text);
      if (message !== undefined) check.addIssue({ code: 'custom', message });
    })
    .describe(
      'URL of the list of markets, with the query parameters that filter it; at most 2000 characters',
    ),
  everySeconds: whole({ least: 10, most: 86_400 })
    .default(60)
    .describe('interval from the start of one poll to the start of the next'),
  maxPages: whole({ least: 1, most: 1_000 })
    .default(50)
    .describe('maximum pages of a poll; the rest is ignored'),
  timeoutSeconds: amount({ above: 0, most: 600 })
    .default(15)
    .describe('time limit for a page, from the request to the last byte'),
  maxResponseMegabytes: amount({ above: 0, most: 1_000 })
    .default(50)
    .describe('maximum size of a page, decompressed'),
  closeMissing: z.boolean().default(false).describe('whether to close markets that are no longer listed'),
};

/** A market site whose list keeps the catalog current. */
export const sourceConfigSchema = z.discriminatedUnion('format', [
  z.strictObject({
    ...common,
    /** Polymarket's Gamma API: `/markets`, `/events`, and both with `/keyset`. */
    format: z.literal('gamma'),
    pageSize: whole({ least: 1, most: 500 })
      .default(100)
      .describe('items per page: markets, or events with all their markets'),
  }),
  z.strictObject({
    ...common,
    /** Manifold: `/v0/markets` and `/v0/search-markets`. */
    format: z.literal('manifold'),
    pageSize: whole({ least: 1, most: 1_000 }).default(1_000).describe('markets per page'),
  }),
]);

/** All sources of a deployment. */
export const sourcesSchema = z.array(sourceConfigSchema).superRefine((sources, check) => {
  sources.forEach(({ name }, index) => {
    if (sources.findIndex((source) => source.name === name) < index) {
      check.addIssue({
        code: 'custom',
        path: [index, 'name'],
        message: `must be unique ("${name}" is the name of another source)`,
      });
    }
  });
});

export type SourceConfig = z.output<typeof sourceConfigSchema>;
