import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommanderError } from 'commander';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ImportSink } from '../../../../src/catalog/importers/run-import.js';
import type { MarketDraft } from '../../../../src/catalog/importers/formats/import-record.js';
import { importCommand } from '../../../../src/cli/commands/import.js';
import { OperatorError } from '../../../../src/lib/errors.js';

const now = Date.parse('2026-01-01T00:00:00Z');
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'import-cli-test-'));
});

afterEach(async () => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
  await rm(folder, { recursive: true });
});

async function run(...args: string[]) {
  const markets: MarketDraft[] = [];
  const opened: { dryRun: boolean }[] = [];
  let closed = 0;
  const sink: ImportSink = {
    upsertMarkets: (drafts) => {
      markets.push(...drafts);
      return Promise.resolve(drafts.map(({ id }) => ({ id, status: 'CREATED' as const })));
    },
    recordInteractions: (drafts) => Promise.resolve(drafts.map(() => ({ outcome: 'RECORDED' as const }))),
  };
  let output = '';
  const collectOutput = (text: string | Uint8Array): boolean => {
    output += String(text);
    return true;
  };
  vi.spyOn(process.stdout, 'write').mockImplementation(collectOutput);
  const close = () => {
    closed++;
    return Promise.resolve();
  };
  const command = importCommand(
    (options) => {
      opened.push(options);
      return Promise.resolve({ sink, close });
    },
    () => now,
  );
  command.exitOverride().configureOutput({ writeOut: collectOutput, writeErr: collectOutput });
  let error: unknown;
  await command
    .parseAsync([...args, '--rejects', join(folder, 'rejects.jsonl')], { from: 'user' })
    .catch((thrown: unknown) => (error = thrown));
  return { markets, opened, closed, output, error, exitCode: process.exitCode };
}

async function file(name: string, ...lines: string[]): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, lines.join('\n'));
  return path;
}

const market = '{"type":"market","id":"m","title":"T","createdAt":"2025-06-01","probability":0.9}';

describe('bellwether import', () => {
  it('imports a file, prints a summary, and closes the sink', async () => {
    const result = await run(await file('a.jsonl', market, 'oops'), '--format', 'jsonl');
    expect(result).toMatchObject({
      opened: [{ dryRun: false }],
      closed: 1,
      error: undefined,
      exitCode: undefined,
    });
    expect(result.output).toMatch(/markets created\s+│\s+1 /);
    expect(result.output).toMatch(/rejected\s+│\s+1 /);
    expect(result.output).toContain(join(folder, 'rejects.jsonl'));
    expect(existsSync(join(folder, 'rejects.jsonl'))).toBe(true);
  });

  it('imports an archive as of an instant, with prices', async () => {
    const prices = await file('prices.csv', 'id,timestamp,price', 'm,2025-06-05T00:00:00Z,0.3', '');
    const { markets } = await run(
      ...[await file('a.jsonl', market), '--format', 'jsonl'],
      ...['--as-of', '2025-06-10', '--prices', prices],
    );
    expect(markets).toMatchObject([{ probability: 0.3, createdAt: '2025-12-23T00:00:00.000Z' }]);
  });

  it('reports that a dry run wrote nothing', async () => {
    const result = await run(await file('a.jsonl', market), '--format', 'jsonl', '--dry-run');
    expect(result.opened).toEqual([{ dryRun: true }]);
    expect(result.output).toContain('Dry run: nothing was written');
  });

  it('prints the first three rejection reasons with escaped control characters', async () => {
    const rows = ['market,a,"A\u001b[2J"', 'market,b,', 'other,c,C', 'market,,D', 'market,e,E,more'];
    const { output } = await run(await file('a.csv', 'type,id,title', ...rows), '--format', 'csv');
    const lines = output.slice(output.indexOf('Rejected records:')).trim().split('\n').slice(1);
    expect(lines).toEqual([
      '  line 3: title: expected string, received undefined',
      '  line 4: type: Invalid option: expected one of "market"|"interaction"',
      '  line 5: id: expected string, received undefined',
      '  and 1 more',
    ]);
    const escape = await run(
      await file('b.csv', 'type,id,title,volumeTotal', 'market,a,A,\u001b[2J'),
      '--format',
      'csv',
    );
    expect(escape.output).toContain('line 2: volumeTotal: expected number, received string');
    const path = await file('c.jsonl', '\u001b[2J');
    const { output: broken } = await run(path, '--format', 'jsonl');
    expect(broken).toMatch(/line 1: the line is not JSON: .*\\u001b\[2J/);
    expect(broken).not.toContain('\u001b[2J');
  });

  it('prints the numbers of prices and markets if --prices matches nothing', async () => {
    const prices = await file('prices.csv', 'id,timestamp,price', 'x,2025-06-05T00:00:00Z,0.3', '');
    const flags = ['--format', 'jsonl', '--as-of', '2025-06-10', '--prices', prices];
    const { output, markets } = await run(await file('a.jsonl', market), ...flags);
    expect(markets).toMatchObject([{ probability: null }]);
    expect(output).toMatch(/markets without a price at --as-of\s+│\s+1 /);
    expect(output).toContain(
      'None of the 1 markets in the price list matches, by id or question, one of the 1 markets that need a price',
    );
  });

  it('decodes text in the encoding of --encoding', async () => {
    const path = join(folder, 'latin.csv');
    await writeFile(path, Buffer.from('type,id,title\nmarket,a,Caf\u00e9?\n', 'latin1'));
    const { markets } = await run(path, '--format', 'csv', '--encoding', 'windows-1252');
    expect(markets).toMatchObject([{ title: 'Café?' }]);
    expect((await run(path, '--format', 'csv', '--encoding', 'nonsense')).output).toMatch(
      /must be an encoding such as/,
    );
  });

  it('exits with 1 if all records were rejected', async () => {
    expect((await run(await file('a.jsonl', 'oops'), '--format', 'jsonl')).exitCode).toBe(1);
  });

  it.each([
    ['', 'jsonl'],
    ['', 'csv'],
    ['\n\n', 'csv'],
    ['type,id,title\n', 'csv'],
    ['', 'gamma'],
    ['[]', 'manifold'],
  ])('fails with an OperatorError if the source has no record: %j as %s', async (text, format) => {
    const { error } = await run(await file('empty', text), '--format', format);
    expect(error).toBeInstanceOf(OperatorError);
    expect(String(error)).toMatch(/holds no record|is empty/);
  });

  it.each([
    [['x', '--format', 'xml'], /Allowed choices are gamma, manifold, csv, jsonl/],
    [['x'], /required option '--format/],
    [['x', '--format', 'jsonl', '--as-of', 'last week'], /It must be a time in ISO 8601/],
  ])('rejects the arguments %j with a message', async (args, message) => {
    const { error, output, opened } = await run(...args);
    expect(error).toBeInstanceOf(CommanderError);
    expect(output).toMatch(message);
    expect(opened).toEqual([]);
  });

  it.each([
    [['--as-of', '2027-01-01'], /lies in the future/],
    [['--prices', 'prices.csv'], /only together with --as-of/],
  ])('rejects %j with an OperatorError', async (flags, message) => {
    const { error, opened } = await run('x', '--format', 'jsonl', ...flags);
    expect(error).toBeInstanceOf(OperatorError);
    expect(String(error)).toMatch(message);
    expect(opened).toEqual([]);
  });

  it('opens no sink for a missing file, and closes the sink if a file is malformed', async () => {
    const missing = await run(join(folder, 'missing'), '--format', 'jsonl');
    expect(missing).toMatchObject({ opened: [], error: expect.any(OperatorError) as unknown });
    const broken = await run(await file('a.json', '[{]'), '--format', 'gamma');
    expect(broken).toMatchObject({ closed: 1, error: expect.any(OperatorError) as unknown });
  });

  it('explains the formats and gives examples in its help', async () => {
    const { output } = await run('--help');
    expect(output).toMatch(/--as-of <instant>/);
    expect(output).toMatch(/Examples:\n {2}bellwether import /);
  });
});
