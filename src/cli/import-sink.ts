import type { ImportSink } from '../catalog/importers/run-import.js';
import type { Backend } from '../app/open-backend.js';
import { openCommandBackend } from './command-backend.js';
import type { OpenedSink } from './import.js';

/** Where `bellwether import` puts what it reads: the database, or for a dry run nowhere. */
export async function openImportSink({ dryRun }: { dryRun: boolean }): Promise<OpenedSink> {
  const backend = await openCommandBackend({ holdCatalog: false });
  return { sink: dryRun ? checkingSink(backend) : recordingSink(backend), close: () => backend.close() };
}

function recordingSink({ services: { catalog }, history }: Backend): ImportSink {
  return {
    upsertMarkets: (drafts) => catalog.upsert(drafts),
    recordInteractions: (drafts) => history.importAll(drafts),
  };
}

/** Judges as {@link recordingSink} would; markets of the same run count as stored. */
function checkingSink({ services: { catalog }, history }: Backend): ImportSink {
  const seen = new Set<string>();
  return {
    upsertMarkets: async (drafts) => {
      const results = await catalog.validateUpsert(drafts);
      for (const { id, outcome } of results) if (outcome !== 'REJECTED') seen.add(id);
      return results;
    },
    recordInteractions: (drafts) => history.validateAll(drafts, (marketId) => seen.has(marketId)),
  };
}
