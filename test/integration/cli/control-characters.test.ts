import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from '../../support/command.js';
import { createTestDatabase, type TestDatabase } from '../../support/test-database.js';

/** Text that manipulates a terminal: escape sequences, a carriage return, C1 controls, and bidirectional overrides. */
const HOSTILE = 'A\u001b[2J\u001b]0;owned\u0007B\rC\u009b31mD\u202EE';
const VISIBLE = 'A\\u001b[2J\\u001b]0;owned\\u0007B\\u000dC\\u009b31mD\\u202eE';

// eslint-disable-next-line no-control-regex
const CONTROLS = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

let database: TestDatabase;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cli-foreign-text-'));
  database = await createTestDatabase();
  const client = new Client({ connectionString: database.url });
  await client.connect();
  try {
    const category = `${HOSTILE}\nF`;
    await client.query(
      `insert into markets (id, title, category, category_key, created_at, updated_at, version, resolves_at)
       values ('a', $1, $2, lower($2), now(), now(), nextval('market_version'), null),
         ('b', $1, $2, lower($2), now(), now(), nextval('market_version'), now() - interval '1 day')`,
      [HOSTILE, category],
    );
    await client.query(
      `insert into rejected_events (rejected_at, origin, reason, event) values (now(), 'track', $1, $2)`,
      [HOSTILE, JSON.stringify({ marketId: HOSTILE })],
    );
    await client.query(
      `insert into job_runs (job, attempt, worker, started_at, finished_at, outcome, detail)
       values ('retention', 1, 'w', now(), now(), 'FAILED', $1)`,
      [HOSTILE],
    );
  } finally {
    await client.end();
  }
});

afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true });
});

const run = (...args: string[]) => runCommand(args, { DATABASE_URL: database.url }, folder);

describe('control characters in stored text are made visible', () => {
  it.each<[string, string[]]>([
    ['a feed', ['feed']],
    ['an explained feed', ['feed', '--explain']],
    ['rejected events', ['events', 'rejected']],
    ['rejected events as JSON', ['events', 'rejected', '--json']],
    ['the list of jobs', ['job', 'list']],
  ])('in %s', async (_, args) => {
    const { stdout, stderr, code } = await run(...args);
    expect(code).toBe(0);
    expect(`${stdout}${stderr}`).not.toMatch(CONTROLS);
    expect(stdout.replace(/\s*│\n│[\s│]*/g, '')).toContain('\\u001b[2J');
  });

  it('in the summary of an import and in errors', async () => {
    await writeFile(
      join(folder, 'a.jsonl'),
      `{"type":"market","id":"x","title":5,"status":"\\u001b[2J"}\n${HOSTILE}`,
    );
    const imported = await run('import', 'a.jsonl', '--format', 'jsonl', '--dry-run');
    expect(imported.stdout).toContain('line 2: the line is not JSON');
    expect(imported.stdout).toContain('\\u001b');
    const failed = await run('import', `${HOSTILE}.jsonl`, '--format', 'jsonl');
    expect(failed.stderr).toContain(`${VISIBLE}.jsonl cannot be read: there is no such file or folder.`);
    for (const { stdout, stderr } of [imported, failed]) expect(`${stdout}${stderr}`).not.toMatch(CONTROLS);
  });
});
