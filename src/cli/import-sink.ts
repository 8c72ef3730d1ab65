import type { ImportSink } from '../catalogue/import-run.js';
import type { Services } from '../graphql/context.js';
import { openCommandBackend } from './command-backend.js';
import type { OpenedSink } from './import.js';

/** Where `bellwether import` puts what it reads: the database, or for a dry run nowhere. */
export async function openImportSink({ dryRun }: { dryRun: boolean }): Promise<OpenedSink> {
  const backend = await openCommandBackend({ holdCatalogue: false });
  const { services } = backend;
  return { sink: dryRun ? checkingSink(services) : recordingSink(services), close: () => backend.close() };
}

function recordingSink({ catalogue, tracking }: Pick<Services, 'catalogue' | 'tracking'>): ImportSink {
  return {
    upsertMarkets: (drafts) => catalogue.upsert(drafts),
    recordInteractions: (drafts) => tracking.importAll(drafts),
  };
}

/** Judges as {@link recordingSink} would; markets of the same run count as stored. */
function checkingSink({ catalogue, tracking }: Pick<Services, 'catalogue' | 'tracking'>): ImportSink {
  const seen = new Set<string>();
  return {
    upsertMarkets: async (drafts) => {
      const results = await catalogue.checkUpsert(drafts);
      for (const { id, outcome } of results) if (outcome !== 'REJECTED') seen.add(id);
      return results;
    },
    recordInteractions: (drafts) => tracking.checkImport(drafts, (marketId) => seen.has(marketId)),
  };
}
