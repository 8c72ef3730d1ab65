import type { MarketPoller } from '../catalog/sources/market-poller.js';
import type { SourceConfig } from '../config/schema/source-schema.js';
import type { Job } from './job.js';

/** One for each source of the config. */
export function pollJob(
  source: Pick<SourceConfig, 'name' | 'format' | 'everySeconds'>,
  poller: Pick<MarketPoller, 'poll'>,
): Job {
  return {
    name: `poll-${source.name}`,
    description: `Bring the catalog up to the source "${source.name}" (${source.format}).`,
    everySeconds: source.everySeconds,
    // The source has a back-off of its own.
    retries: 0,
    run: async ({ signal }) => {
      const summary = await poller.poll(signal);
      if ('skippedUntil' in summary) {
        throw new Error(`Left alone until ${summary.skippedUntil.toISOString()}. ${summary.failure}`);
      }
      const { pages, unchangedPages, created, updated, unchanged, rejected, closed, truncated } = summary;
      const { repaired, placeholders } = summary;
      return (
        `${pages} pages, ${unchangedPages} of them as before; ${created} markets created, ${updated} updated, ` +
        `${unchanged} as before, ${rejected} rejected, ${closed} closed` +
        (repaired > 0 ? `; ${repaired} with a repaired or dropped field` : '') +
        (placeholders > 0 ? `; ${placeholders} placeholders skipped` : '') +
        (truncated ? '; the list is longer than maxPages' : '')
      );
    },
  };
}
