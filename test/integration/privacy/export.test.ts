import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { USER_TABLES } from '../../../src/storage/privacy/user-tables.js';
import { occurrencesOf } from '../../support/privacy.js';
import { queryDatabase } from '../../support/test-database.js';
import { startTestGateway, type TestGateway } from '../../support/test-gateway.js';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
  await gateway.addMarkets({ id: 'm1' }, { id: 'm2' });
});

afterAll(() => gateway.close());

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

interface Export {
  readonly userKey: string;
  readonly id: string;
  readonly profile: { readonly totalInteractions: number } | null;
  readonly rows: readonly { readonly table: string; readonly row: Record<string, unknown> }[];
}

const requestExport = (body: unknown): Promise<Response> =>
  fetch(`${gateway.url}/export`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

const exportOf = async (userKey: string): Promise<Export> =>
  (await (await requestExport({ userKey })).json()) as Export;

/** Stores rows of a user in every table that has some. */
async function fillTables(userKey: string): Promise<void> {
  const { services, history } = gateway.backend;
  await services.tracking.track({ userKey, marketId: 'm1', eventType: 'CLICK', clientEventId: 'one' });
  await history.importAll([{ userKey, marketId: 'm2', eventType: 'CLICK', clientEventId: 'two' }]);
  await services.tracking.trackAll(
    { interactions: [{ userKey, marketId: 'none', eventType: 'CLICK' }] },
    () => true,
  );
  await services.tracking.track({ userKey: `before ${userKey}`, marketId: 'm1', eventType: 'CLICK' });
  // The merge moves it.
  await gateway.backend.store.experiments.addExposures([
    { userKey: `before ${userKey}`, experiment: 'page', arm: 'new', exposedAtMs: gateway.clock.nowMs },
  ]);
  await services.merging.merge({ fromUserKey: `before ${userKey}`, intoUserKey: userKey });
  await services.settings.update({ userKey, dataSharingConsent: true }, 'IGNORE');
  await gateway.query('query ($userKey: String) { feed(userKey: $userKey) { id } }', { userKey });
  await queryDatabase(
    gateway.databaseUrl,
    `insert into outbox (sink, user_key, event, recorded_at) values ('site', '${userKey}', '{"id": "x"}', now());
     insert into privacy_changes (user_hash, user_key, flags, changed_at) values ('u_x', '${userKey}', 0, now())`,
  );
}

describe('an export', () => {
  it('has every row of every table with a user key', async () => {
    await fillTables('subject-1');
    const columns = await queryDatabase(
      gateway.databaseUrl,
      `select c.relname as table, a.attname as column from pg_attribute a
       join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
       where n.nspname = 'public' and c.relkind in ('r', 'p') and not c.relispartition
         and a.attname in ('user_key', 'user_keys') order by 1`,
    );
    const listed = USER_TABLES.flatMap(({ name, keyColumns }) =>
      keyColumns.map((column) => ({ table: name, column })),
    );
    listed.push({ table: 'interactions', column: 'user_key' });
    expect(columns).toEqual(listed.sort((a, b) => (a.table < b.table ? -1 : 1)));

    const stored = async (): Promise<Record<string, number>> => {
      const counts: Record<string, number> = {};
      for (const { table, column } of [...columns, { table: 'rejected_events', column: 'event' }] as {
        table: string;
        column: string;
      }[]) {
        const condition =
          column === 'user_key'
            ? `user_key = 'subject-1'`
            : column === 'event'
              ? `event::text like '%"subject-1"%'`
              : `'subject-1' = any(user_keys)`;
        const [row] = await queryDatabase(
          gateway.databaseUrl,
          `select count(*)::int as rows from ${table} where ${condition}`,
        );
        counts[table] = row?.['rows'] as number;
      }
      return counts;
    };
    await vi.waitFor(async () => expect(Object.values(await stored())).not.toContain(0));
    const { rows, profile, userKey, id } = await exportOf('subject-1');
    const counts: Record<string, number> = {};
    for (const { table } of rows) counts[table] = (counts[table] ?? 0) + 1;
    expect(counts).toEqual(await stored());
    // No other table contains the key.
    const found = (await occurrencesOf(gateway.databaseUrl, 'subject-1')).map((name) =>
      name.replace(/_2026.*$/, ''),
    );
    expect(new Set(found)).toEqual(new Set(Object.keys(counts)));
    expect({ userKey, id }).toEqual({
      userKey: 'subject-1',
      id: gateway.backend.services.profiles.user('subject-1').id,
    });
    expect(profile).toMatchObject({ totalInteractions: 3 });
    const columnsOfEvents = await queryDatabase(
      gateway.databaseUrl,
      `select column_name from information_schema.columns where table_name = 'interactions' and table_schema = 'public'`,
    );
    const event = rows.find(({ table }) => table === 'interactions')?.row ?? {};
    expect(Object.keys(event).sort()).toEqual(
      columnsOfEvents.map((column) => column['column_name'] as string).sort(),
    );
    const feed = rows.find(({ table }) => table === 'served_feeds')?.row;
    const { page, ...served } = feed?.['feed'] as { page: { marketId: string }[]; userKey: string };
    expect(served.userKey).toBe('subject-1');
    expect(page.map(({ marketId }) => marketId).sort()).toEqual(['m1', 'm2']);
  });

  it('of an unknown user is empty', async () => {
    expect(await exportOf('nobody')).toMatchObject({ userKey: 'nobody', profile: null, rows: [] });
  });

  it('requires a user, and rejects unknown fields', async () => {
    const missing = await requestExport({});
    expect(missing.status).toBe(400);
    expect(await missing.json()).toMatchObject({
      errors: [{ extensions: { code: 'BAD_USER_INPUT', field: 'userKey' } }],
    });
    expect((await requestExport({ user: 'subject-1' })).status).toBe(400);
  });

  it('streams 100,000 events in bounded memory', async () => {
    await queryDatabase(
      gateway.databaseUrl,
      `insert into interactions (id, user_key, market_id, event_type, weight, context, occurred_at, received_at)
       select gen_random_uuid(), 'heavy', 'm1', 'CLICK', 2, jsonb_build_object('text', repeat('x', 500)),
         '2026-06-15T10:00:00Z', '2026-06-15T10:00:00Z' from generate_series(1, 100000)`,
    );
    const baseMb = memoryMb();
    let [chunks, events, bytes, peakMb] = [0, 0, 0, 0];
    const { body } = await vi.waitFor(async () => {
      const response = await requestExport({ userKey: 'heavy' });
      if (!response.ok) throw new Error(await response.text());
      return response;
    });
    if (body === null) throw new Error('The response has no body.');
    for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
      bytes += chunk.length;
      events += Buffer.from(chunk).toString('latin1').split('"table":"interactions"').length - 1;
      if (chunks++ % 100 === 0) peakMb = Math.max(peakMb, memoryMb());
    }
    process.stdout.write(
      `An export of ${(bytes / 1e6).toFixed(0)} MB takes ${(peakMb - baseMb).toFixed(1)} MB of memory\n`,
    );
    // An occurrence that two chunks share is not counted.
    expect(events).toBeGreaterThan(99_000);
    expect(bytes).toBeGreaterThan(80e6);
    expect(peakMb - baseMb).toBeLessThan(20);
  }, 120_000);
});

/** Memory in use after a garbage collection. */
function memoryMb(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 1e6;
}
