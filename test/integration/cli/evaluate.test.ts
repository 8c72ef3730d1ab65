import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DAY_MS } from '../../../src/lib/time.js';
import { runCommand } from '../../support/command.js';

let folder: string;
/** Interactions and markets in one file. */
let mixedFile: string;
let eventsFile: string;
let catalogFile: string;

/** The instant this many days after the start of 2026. */
const day = (count: number): string => new Date(Date.UTC(2026, 0, 1) + count * DAY_MS).toISOString();

/** Ten markets, created one per day; twelve users, each of whom trades three of them. */
const markets = Array.from({ length: 10 }, (_, index) =>
  JSON.stringify({ type: 'market', id: `m${index}`, title: `Market ${index}`, createdAt: day(index) }),
);
const interactions = Array.from({ length: 36 }, (_, index) =>
  JSON.stringify({
    ...{ type: 'interaction', userKey: `u${index % 12}`, eventType: 'PARTICIPATE' },
    ...{ marketId: `m${index % 10}`, occurredAt: day(9 + index / 36) },
  }),
);

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'bellwether-evaluate-'));
  [mixedFile, eventsFile, catalogFile] = ['mixed.jsonl', 'events.jsonl', 'catalog.jsonl.gz'].map((name) =>
    path.join(folder, name),
  ) as [string, string, string];
  // Lines may be in any order: here the markets are last.
  await writeFile(mixedFile, [...interactions, ...markets, 'no JSON'].join('\n'));
  await writeFile(eventsFile, interactions.join('\n'));
  await writeFile(catalogFile, gzipSync(markets.join('\n')));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const evaluate = (...args: string[]) => runCommand(['evaluate', ...args], {}, folder);

interface EvaluationJson {
  files: string[];
  configVersion: string;
  read: { markets: number; interactions: number; rejected: number };
  counts: { interactions: number };
  skipped: Record<string, number>;
  results: { algorithm: string; ndcg: { value: number; interval: { low: number; high: number } } }[];
}

async function evaluateAsJson(...args: string[]): Promise<EvaluationJson> {
  const { code, stdout, stderr } = await evaluate(...args, '--json');
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as EvaluationJson;
}

describe('bellwether evaluate', () => {
  it('prints a row for each algorithm, and reports a line that is not JSON', async () => {
    const { code, stdout, stderr } = await evaluate(mixedFile);
    expect(stderr).toContain('Rejected 1 record. The first:');
    // After 36 interactions and 10 markets.
    expect(stderr).toMatch(/mixed\.jsonl, line 47: the line is not JSON/);
    expect(stdout).toMatch(
      /^Evaluated 8 interactions of 8 users, from 2026-01-10T.*10 candidates on average\.$/m,
    );
    expect(stdout).toMatch(/nDCG@10/);
    for (const name of ['random', 'popularity', 'recency', 'v1', 'v2']) {
      expect(stdout).toMatch(new RegExp(`│ ${name} +│ +\\d\\.\\d{3} \\[\\d\\.\\d{3}, \\d\\.\\d{3}\\] │`));
    }
    expect(code).toBe(0);
  });

  it('prints the same JSON on every run and for any split of the lines over files', async () => {
    const single = await evaluateAsJson(mixedFile);
    expect(single).toMatchObject({
      files: ['mixed.jsonl'],
      configVersion: expect.stringMatching(/^\w+/) as string,
      read: { markets: 10, interactions: 36, rejected: 1 },
      counts: { interactions: 8 },
    });
    expect((await evaluateAsJson(mixedFile)).results).toEqual(single.results);
    const split = await evaluateAsJson(eventsFile, catalogFile);
    expect(split.files).toEqual(['events.jsonl', 'catalog.jsonl.gz']);
    expect(split.results).toEqual(single.results);
  });

  it('applies --algorithms, --split, --k, --limit-users and --config', async () => {
    const config = path.join(folder, 'changed.yaml');
    await writeFile(config, 'trending:\n  halfLifeHours: 1\n');
    const changed = await evaluateAsJson(
      ...[mixedFile, '--algorithms', 'v1,recency', '--split', '0.5', '--k', '3', '--limit-users', '4'],
      ...['--config', config],
    );
    expect(changed.results.map(({ algorithm }) => algorithm)).toEqual(['v1', 'recency']);
    expect(changed).toMatchObject({
      options: { algorithms: ['v1', 'recency'], split: 0.5, k: 3, limitUsers: 4 },
      counts: { users: 4 },
    });
    expect(changed.skipped['notSampled']).toBeGreaterThan(0);
    expect(changed.configVersion).not.toBe((await evaluateAsJson(mixedFile)).configVersion);
  });

  it('evaluates the sample without a database, with a higher nDCG for v1 than for random', async () => {
    const { results, counts } = await evaluateAsJson('--sample', '--algorithms', 'random,v1');
    expect(counts.interactions).toBeGreaterThan(300);
    const [random, v1] = results.map(({ ndcg }) => ndcg);
    expect(v1?.interval.low).toBeGreaterThan(random?.interval.high ?? 1);
  });

  it.each([
    [[], /Name a file with markets and interactions, or pass --sample/],
    [['--sample', 'x.jsonl'], /Name files, or pass --sample or --database, but only one of them/],
    [['missing.jsonl'], /missing\.jsonl cannot be read: there is no such file or folder/],
    [['--sample', '--algorithms', 'v3'], /Each must be one of random, popularity, recency, v1, v2/],
    [['--sample', '--algorithms', 'v1,v1'], /Each can be named only once/],
    [['--sample', '--split', '1'], /It must be a number from 0 to below 1/],
    [['--sample', '--k', '0'], /It must be a whole number from 1 to 100/],
    [['--sample', '--limit-users', 'few'], /It must be a whole number/],
    [['--sample', '--config', 'missing.yaml'], /The ranking config missing\.yaml cannot be read/],
  ])('rejects the arguments %j with one sentence', async (args, sentence) => {
    const { code, stdout, stderr } = await evaluate(...args);
    expect(stderr).toMatch(sentence);
    expect(stdout).toBe('');
    expect(code).toBe(1);
  });
});
