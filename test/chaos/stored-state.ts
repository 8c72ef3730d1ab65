import { Client } from 'pg';
import { pino } from 'pino';
import { openBackend } from '../../src/app/backend.js';
import { readSettings } from '../../src/config/settings.js';
import { startEmbeddedServer } from '../../src/embedded-postgres/embedded-server.js';
import type { ProfileState } from '../../src/domain/profile.js';

/** Interactions and profiles of some users in the database of a deployment. */
export interface StoredState {
  /** Interaction id by client event id. */
  readonly interactions: ReadonlyMap<string, string>;
  /** Client event ids with more than one interaction. */
  readonly duplicated: readonly string[];
  /** The stored profiles, ordered by user key, without versions, which a rebuild increases. */
  readonly profiles: readonly Omit<ProfileState, 'version'>[];
  /** The same profiles after a rebuild from the stored events. */
  readonly rebuilt: readonly Omit<ProfileState, 'version'>[];
}

/** Reads the interactions and profiles of users, then rebuilds their profiles. */
export async function readStoredState(dataDir: string, userKeys: readonly string[]): Promise<StoredState> {
  const logger = pino({ level: 'silent' });
  const server = await startEmbeddedServer({ dataDir, logger });
  const client = new Client({ connectionString: server.url });
  await client.connect();
  const settings = readSettings({ DATABASE_URL: server.url });
  const backend = await openBackend({ settings, logger, clock: Date.now, loadCatalog: false });
  try {
    const { rows } = await client.query<{ id: string; client_event_id: string }>(
      'SELECT id, client_event_id FROM interactions WHERE user_key = ANY($1)',
      [userKeys],
    );
    const interactions = new Map(rows.map((row) => [row.client_event_id, row.id]));
    const duplicated = rows.filter((row) => interactions.get(row.client_event_id) !== row.id);
    const load = async (): Promise<Omit<ProfileState, 'version'>[]> => {
      const states = await backend.store.profiles.load(userKeys);
      return states
        .toSorted((a, b) => (a.userKey < b.userKey ? -1 : 1))
        .map((state) => ({ ...state, version: undefined }));
    };
    const profiles = await load();
    for (const userKey of userKeys) await backend.rebuildProfile(userKey);
    return {
      interactions,
      duplicated: duplicated.map((row) => row.client_event_id),
      profiles,
      rebuilt: await load(),
    };
  } finally {
    await backend.close();
    await client.end();
    await server.close();
  }
}
