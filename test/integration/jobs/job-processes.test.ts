import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startCommand, type RunningCommand } from '../../support/command.js';
import { openJobSite, type JobSite } from '../../support/job-processes.js';

let site: JobSite;
let folder: string;
let env: Record<string, string>;

beforeAll(async () => {
  site = await openJobSite();
  folder = await mkdtemp(path.join(tmpdir(), 'bellwether-jobs-'));
  const config = path.join(folder, 'ranking.yaml');
  await writeFile(config, 'trending: { refreshSeconds: 1 }\n');
  env = { DATABASE_URL: site.url, BELLWETHER_CONFIG: config, PORT: '0', LOG_LEVEL: 'info', NODE_ENV: 'test' };
});

afterAll(async () => {
  await site.close();
  await rm(folder, { recursive: true, force: true });
});

const workerOf = ({ child }: RunningCommand): string => `:${String(child.pid)}`;

it('continues once per period in one worker when the other is killed', { timeout: 90_000 }, async () => {
  const workers = [startCommand(['worker'], env), startCommand(['worker'], env)] as const;
  try {
    for (const worker of workers) await worker.line(/ready: running jobs/);
    const before = await site.runsUntil('trends', (runs) => runs.length >= 4);
    const ranLast = (worker: RunningCommand): boolean =>
      before.at(-1)?.worker.endsWith(workerOf(worker)) === true;
    const [killed, remaining] = ranLast(workers[0]) ? workers : ([workers[1], workers[0]] as const);
    expect(ranLast(killed)).toBe(true);
    killed.child.kill('SIGKILL');
    await killed.finished;
    const after = (await site.runs('trends')).length;
    const runs = await site.runsUntil(
      'trends',
      (all) => all.slice(after).filter(({ outcome }) => outcome === 'SUCCEEDED').length >= 5,
    );
    expect(runs.slice(after + 1).every((run) => run.worker.endsWith(workerOf(remaining)))).toBe(true);
    const spanSeconds =
      ((runs.at(-1)?.startedAt.getTime() ?? 0) - (runs[0]?.startedAt.getTime() ?? 0)) / 1_000;
    expect(runs.length).toBeLessThanOrEqual(spanSeconds + 2);
    remaining.child.kill('SIGTERM');
    expect((await remaining.finished).code).toBe(0);
  } finally {
    for (const worker of workers) worker.child.kill('SIGKILL');
  }
});

it('is not executed by a gateway started with --no-jobs', { timeout: 60_000 }, async () => {
  const before = (await site.runs('trends')).length;
  const gateway = startCommand(['serve', '--no-jobs'], env);
  try {
    const [, url = ''] = await gateway.line(/ready: GraphQL at (http:\S+)\/graphql/);
    const query = async (document: string): Promise<unknown> => {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: document }),
      });
      return ((await response.json()) as { data: unknown }).data;
    };
    expect(await query('{ jobs { name lastRun { outcome } } }')).toMatchObject({
      jobs: expect.arrayContaining([{ name: 'trends', lastRun: { outcome: 'SUCCEEDED' } }]) as unknown,
    });
    expect(await query('mutation { runJob(input: { name: "retention" }) { status } }')).toEqual({
      runJob: { status: 'REQUESTED' },
    });
    expect((await site.runs('trends')).length).toBe(before);
    const retention = startCommand(['job', 'run', 'retention'], env);
    expect(await retention.finished).toMatchObject({
      code: 0,
      stdout: 'retention: nothing dropped, 0 client event ids removed\n',
    });
    expect((await site.runs('retention')).at(-1)).toMatchObject({ attempt: 1, outcome: 'SUCCEEDED' });
    const command = startCommand(['job', 'run', 'momentum'], env);
    expect(await command.finished).toMatchObject({ code: 0, stdout: 'momentum: 0 markets\n' });
    const listed = await startCommand(['job', 'list', '--json'], env).finished;
    expect(
      listed.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as object),
    ).toContainEqual(
      expect.objectContaining({
        name: 'momentum',
        lastRun: expect.objectContaining({ outcome: 'SUCCEEDED', detail: '0 markets' }) as unknown,
      }),
    );
    expect((await startCommand(['job', 'list'], env).finished).stdout).toMatch(
      /momentum .* SUCCEEDED .* 0 markets/,
    );
  } finally {
    gateway.child.kill('SIGTERM');
  }
  expect((await gateway.finished).code).toBe(0);
});
