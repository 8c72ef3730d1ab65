import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { runCommand } from '../../support/command.js';
import { startTestGateway, type Answer, type TestGateway } from '../../support/test-gateway.js';

let gateway: TestGateway;
let admin: Client;
let database: string;

beforeAll(async () => {
  gateway = await startTestGateway();
  await gateway.addMarkets({ id: 'm1' });
  admin = new Client({ connectionString: gateway.databaseUrl });
  await admin.connect();
  database = new URL(gateway.databaseUrl).pathname.slice(1);
});

afterAll(async () => {
  await admin.end();
  await gateway.close();
});

const TRACK = `mutation ($input: TrackInteractionInput!) { trackInteraction(input: $input) { status } }`;
const click = (userKey: string) => ({ userKey, marketId: 'm1', eventType: 'CLICK' });
const track = (userKey: string): Promise<Answer<Record<string, unknown>>> =>
  gateway.query(TRACK, { input: click(userKey) });
const readiness = async (): Promise<number> => (await fetch(`${gateway.url}/readyz`)).status;
const rejectedEvents = async () =>
  (await admin.query<{ reason: string }>('select reason from rejected_events')).rows;

const unavailable = {
  errors: [{ extensions: { code: 'UNAVAILABLE', retryAfterMs: 1_000 } }],
};
const recorded = { data: { trackInteraction: { status: 'RECORDED' } } };

/** Makes the database fail every insert of an event; the body is PL/pgSQL. */
async function failInserts(body: string): Promise<void> {
  await admin.query(`
    create or replace function fail_insert() returns trigger language plpgsql as $$ begin ${body} return new; end $$;
    create or replace trigger fail_insert before insert on interactions for each row execute function fail_insert()`);
}

const allowInserts = () => admin.query('drop trigger if exists fail_insert on interactions');

async function changeDatabase(setting: string): Promise<void> {
  await admin.query(`alter database ${database} ${setting}`);
  // Open sessions keep the settings from their start.
  await admin.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and application_name = 'bellwether'`,
  );
  await vi.waitFor(() => gateway.backend.store.isReadOnly());
}

describe.each(['25006', '40001', '42501', '53100', '53200', '55P03', '57014', '58030', 'XX000'])(
  'while the database rejects events with SQLSTATE %s',
  (sqlState) => {
    beforeEach(() => failInserts(`raise exception 'injected' using errcode = '${sqlState}';`));
    afterEach(allowInserts);

    it('rejects every event of a group as UNAVAILABLE with retryAfterMs, and retries none on its own', async () => {
      expect(await track('ada')).toMatchObject(unavailable);
      gateway.statements.length = 0;
      const { tracking } = gateway.backend.services;
      const answers = Array.from({ length: 100 }, (_, i) => tracking.track(click(`${sqlState} ${i}`)));
      for (const answer of await Promise.allSettled(answers)) {
        expect(answer).toMatchObject({ reason: { code: 'UNAVAILABLE', retryAfterMs: 1_000 } });
      }
      // Two lanes with up to four attempts of five statements each.
      expect(gateway.statements.length).toBeLessThan(50);
      expect(await rejectedEvents()).toEqual([]);
    });

    it('returns 503 and Retry-After for POST /track', async () => {
      const response = await fetch(`${gateway.url}/track`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ interactions: [click('beacon')] }),
      });
      expect(response.status).toBe(503);
      expect(response.headers.get('retry-after')).toBe('1');
    });

    it('is not ready until the database accepts events again', async () => {
      await track('ada');
      for (let check = 0; check < 3; check++) expect(await readiness()).toBe(503);
      await allowInserts();
      expect(await readiness()).toBe(200);
      expect(await track('ada')).toMatchObject(recorded);
    });
  },
);

describe('while the database is read-only', () => {
  beforeAll(() => changeDatabase('set default_transaction_read_only = on'));
  afterAll(() => changeDatabase('reset default_transaction_read_only'));

  it('is not ready, even before the first event', async () => {
    expect(await readiness()).toBe(503);
  });

  it('rejects writes as UNAVAILABLE and serves reads', async () => {
    const markets = [{ id: 'm2', title: 'Will it rain?', category: 'Weather' }];
    const upsert = `mutation ($markets: [MarketInput!]!) { upsertMarkets(input: { markets: $markets }) { results { id } } }`;
    expect(await track('ada')).toMatchObject(unavailable);
    expect(await gateway.query(upsert, { markets })).toMatchObject(unavailable);
    expect(await gateway.query(`{ userProfile(userKey: "new user") { totalInteractions } }`)).toEqual({
      status: 200,
      data: { userProfile: { totalInteractions: 0 } },
    });
  });
});

it('is ready and records events again once the database accepts writes', async () => {
  expect(await readiness()).toBe(200);
  expect(await track('ada')).toMatchObject(recorded);
});

it('rejects an event as UNAVAILABLE when the server cancels its statement', async () => {
  await failInserts('perform pg_sleep(30);');
  try {
    expect(await track('ada')).toMatchObject(unavailable);
    await vi.waitFor(async () => {
      const { rowCount } = await admin.query(
        `select from pg_stat_activity where datname = current_database() and state = 'active'
          and pid <> pg_backend_pid() and query like '%record_events%'`,
      );
      expect(rowCount).toBe(0);
    });
  } finally {
    await allowInserts();
  }
}, 15_000);

/** Operations that read the database for data that is not in memory. */
const OPERATIONS = [
  `{ userProfile(userKey: "unread") { totalInteractions } }`,
  `{ feed(userKey: "unread 2") { id degraded } }`,
  `{ servedFeed(id: "01980000-0000-7000-8000-000000000000") { id } }`,
  `{ explainFeed(feedId: "01980000-0000-7000-8000-000000000000") { notes } }`,
  `{ simulateFeed(userKey: "unread 3", config: {}) { simulatedConfigVersion } }`,
  `{ rankMarkets(userKey: "unread 4", marketIds: ["m1", "closed"]) { rankedMarkets { rank } } }`,
  `{ market(id: "closed") { id history { at } } }`,
  `{ market(id: "m1") { id history { at } momentum { computedAt } } }`,
  `{ markets(filter: { text: "rain" }) { edges { cursor } } }`,
  `{ trending { markets { rank } } rising { markets { rank } } }`,
  `{ jobs { name } }`,
  `mutation { trackInteraction(input: { userKey: "ada", marketId: "m1", eventType: CLICK }) { status } }`,
  `mutation { trackInteractions(input: { interactions: [{ userKey: "ada", marketId: "m1", eventType: CLICK }] }) { recordedCount } }`,
  `mutation { trackImpressions(input: { userKey: "ada", items: [{ marketId: "m1" }] }) { recordedCount } }`,
  `mutation { upsertMarkets(input: { markets: [{ id: "m3", title: "Will it snow?", category: "Weather" }] }) { results { id } } }`,
];

describe('while the database rejects every statement', () => {
  beforeAll(() => admin.query('alter schema public rename to away'));
  afterAll(() => admin.query('alter schema away rename to public'));

  it.each(OPERATIONS)('answers %s from memory or with UNAVAILABLE', async (operation) => {
    const { errors = [], status } = await gateway.query(operation);
    for (const { extensions } of errors) {
      expect(extensions).toMatchObject({ code: 'UNAVAILABLE', retryAfterMs: 1_000 });
    }
    expect(status).toBe(200);
  });

  it('returns 503 from /readyz', async () => {
    expect(await readiness()).toBe(503);
  });
});

it('records the other events of a group when one violates a constraint, within a few commits', async () => {
  await failInserts(`if new.user_key = 'invalid' then raise check_violation; end if;`);
  try {
    const { tracking } = gateway.backend.services;
    gateway.statements.length = 0;
    const keys = Array.from({ length: 100 }, (_, i) => (i === 37 ? 'invalid' : `healthy ${i}`));
    const answers = await Promise.allSettled(keys.map((userKey) => tracking.track(click(userKey))));
    const rejected = keys.filter((_, index) => answers[index]?.status === 'rejected');
    expect(rejected).toEqual(['invalid']);
    // Bisecting a group of 50 takes at most 13 commits; one by one, it would take 50 more.
    const commits = gateway.statements.filter((sql) => sql.includes('record_events'));
    expect(commits.length).toBeLessThan(40);
    expect(await track('invalid')).toMatchObject({
      errors: [{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }],
    });
    expect(await readiness()).toBe(200);
    await vi.waitFor(async () => expect(await rejectedEvents()).toHaveLength(2));
  } finally {
    await allowInserts();
  }
});

it('prints one sentence without a stack when the database rejects a statement of a command', async () => {
  await admin.query('alter table rejected_events rename to rejected_away');
  try {
    const { code, stderr } = await runCommand(['events', 'rejected'], { DATABASE_URL: gateway.databaseUrl });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^bellwether: The database rejected .*relation .*rejected_events.* does not exist$/m,
    );
    expect(stderr).not.toMatch(/^ {4}at /m);
  } finally {
    await admin.query('alter table rejected_away rename to rejected_events');
  }
});
