import type { Backend } from '../../app/backend.js';
import type { ImportSink } from '../../catalog/importers/run-import.js';
import { openCommandBackend } from '../command-backend.js';
import type { OpenedSink } from './import.js';

/** Opens the sink of `bellwether import`. It writes to the database, or only validates in a dry run. */
export async function openImportSink({ dryRun }: { dryRun: boolean }): Promise<OpenedSink> {
  const backend = await openCommandBackend({ loadCatalog: false });
  return { sink: dryRun ? validatingSink(backend) : recordingSink(backend), close: () => backend.close() };
}

function recordingSink({ services: { catalog }, history }: Backend): ImportSink {
  return {
    upsertMarkets: (drafts) => catalog.upsert(drafts),
    recordInteractions: (drafts) => history.importAll(drafts),
  };
}

/** Returns the results of {@link recordingSink} without writing. Markets of the same run count as stored. */
function validatingSink({ services: { catalog }, history }: Backend): ImportSink {
  const accepted = new Set<string>();
  return {
    upsertMarkets: async (drafts) => {
      const results = await catalog.validateUpsert(drafts);
      for (const { id, status } of results) if (status !== 'REJECTED') accepted.add(id);
      return results;
    },
    recordInteractions: (drafts) => history.validateAll(drafts, (marketId) => accepted.has(marketId)),
  };
}
