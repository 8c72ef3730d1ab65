import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from '../../support/command.js';

let folder: string;
let plain: string;
let people: string;
let catalog: string;

const day = (count: number): string => new Date(Date.UTC(2026, 0, 1) + count * 86_400_000).toISOString();

/** Ten markets, one made a day; twelve people, each of whom takes up three of them as they are made. */
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
  [plain, people, catalog] = ['plain.jsonl', 'people.jsonl', 'catalog.jsonl.gz'].map((name) =>
    path.join(folder, name),
  ) as [string, string, string];
  // Lines may be in any order: the markets come last.
  await writeFile(plain, [...interactions, ...markets, 'no JSON'].join('\n'));
  await writeFile(people, interactions.join('\n'));
  await writeFile(catalog, gzipSync(markets.join('\n')));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const evaluate = (...args: string[]) => runCommand(['evaluate', ...args], {}, folder);

interface Printed {
  files: string[];
  configVersion: string;
  read: { markets: number; interactions: number; rejected: number };
  counts: { judged: number };
  skipped: Record<string, number>;
  results: { algorithm: string; ndcg: { value: number; interval: { low: number; high: number } } }[];
}

async function printed(...args: string[]): Promise<Printed> {
  const { code, stdout, stderr } = await evaluate(...args, '--json');
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as Printed;
}

describe('bellwether evaluate', () => {
  it('prints a line for each algorithm, with what was judged and what could not be read', async () => {
    const { code, stdout, stderr } = await evaluate(plain);
    expect(stderr).toContain('1 records could not be used');
    expect(stderr).toMatch(/plain\.jsonl, line 47: the line is not JSON/);
    expect(stdout).toMatch(
      /^8 interactions of 8 people judged, from 2026-01-10T.*10 candidates on average\.$/m,
    );
    expect(stdout).toMatch(/nDCG@10/);
    for (const name of ['random', 'popularity', 'recency', 'v1', 'v2']) {
      expect(stdout).toMatch(new RegExp(`│ ${name} +│ +\\d\\.\\d{3} \\[\\d\\.\\d{3}, \\d\\.\\d{3}\\] │`));
    }
    expect(code).toBe(0);
  });

  it('prints the same numbers as JSON, on every run and however the lines are spread over files', async () => {
    const whole = await printed(plain);
    expect(whole).toMatchObject({
      files: ['plain.jsonl'],
      configVersion: expect.stringMatching(/^\w+/) as string,
      read: { markets: 10, interactions: 36, rejected: 1 },
      counts: { judged: 8 },
    });
    expect((await printed(plain)).results).toEqual(whole.results);
    const spread = await printed(people, catalog);
    expect(spread.files).toEqual(['people.jsonl', 'catalog.jsonl.gz']);
    expect(spread.results).toEqual(whole.results);
  });

  it('takes the algorithms, the split, k, the limit of people and the config that it is given', async () => {
    const config = path.join(folder, 'own.yaml');
    await writeFile(config, 'trending:\n  halfLifeHours: 1\n');
    const own = await printed(
      ...[plain, '--algorithms', 'v1,recency', '--split', '0.5', '--k', '3', '--limit-users', '4'],
      ...['--config', config],
    );
    expect(own.results.map(({ algorithm }) => algorithm)).toEqual(['v1', 'recency']);
    expect(own).toMatchObject({
      options: { algorithms: ['v1', 'recency'], split: 0.5, k: 3, limitUsers: 4 },
      counts: { people: 4 },
    });
    expect(own.skipped['notSampled']).toBeGreaterThan(0);
    expect(own.configVersion).not.toBe((await printed(plain)).configVersion);
  });

  it('evaluates the sample world without a database, where people are not predicted by chance alone', async () => {
    const { results, counts } = await printed('--sample', '--algorithms', 'random,v1');
    expect(counts.judged).toBeGreaterThan(300);
    const [random, v1] = results.map(({ ndcg }) => ndcg);
    expect(v1?.interval.low).toBeGreaterThan(random?.interval.high ?? 1);
  });

  it.each([
    [[], /Name a file with markets and interactions, or say --sample/],
    [['--sample', 'x.jsonl'], /Name files or say --sample, not both/],
    [['missing.jsonl'], /missing\.jsonl cannot be read: there is no such file or folder/],
    [['--sample', '--algorithms', 'v3'], /Each must be one of random, popularity, recency, v1, v2/],
    [['--sample', '--algorithms', 'v1,v1'], /Each can be named once/],
    [['--sample', '--split', '1'], /It must be a number from 0 to below 1/],
    [['--sample', '--k', '0'], /It must be a whole number from 1 to 100/],
    [['--sample', '--limit-users', 'few'], /It must be a whole number/],
    [['--sample', '--config', 'missing.yaml'], /The ranking config missing\.yaml cannot be read/],
  ])('refuses %j with a sentence', async (args, sentence) => {
    const { code, stdout, stderr } = await evaluate(...args);
    expect(stderr).toMatch(sentence);
    expect(stdout).toBe('');
    expect(code).toBe(1);
  });
});
