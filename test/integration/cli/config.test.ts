import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from '../../support/command.js';

let folder: string;
let mine: string;
let other: string;
let invalid: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'bellwether-config-cli-'));
  [mine, other, invalid] = ['mine', 'other', 'invalid'].map((name) => path.join(folder, `${name}.yaml`)) as [
    string,
    string,
    string,
  ];
  await writeFile(mine, 'trending: { userCap: 3 }\nfeed: { quotas: { PERSONAL: 0.4, RISING: 0.2 } }\n');
  await writeFile(other, 'trending: { userCap: 4 }\n');
  await writeFile(invalid, 'trending: { userCap: 0 }\nfeed: { quotas: { LOCAL: 0.5 } }\nfed: {}\n');
});

afterAll(() => rm(folder, { recursive: true }));

const run = (args: readonly string[], env: Record<string, string> = {}) =>
  runCommand(['config', ...args], env, folder);

const versionIn = (text: string): string => /version ([0-9a-f]{12})/.exec(text)?.[1] ?? 'none';

describe('bellwether config check', () => {
  it('prints the version of a valid config and the number of differences', async () => {
    const { code, stdout } = await run(['check', mine]);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /mine\.yaml is valid: version [0-9a-f]{12}, 3 values differ from the default\.\n$/,
    );
  });

  it('prints every error of an invalid config and exits with 1', async () => {
    const { code, stdout, stderr } = await run(['check', invalid]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr.split('\n')).toEqual([
      `bellwether: The ranking config ${invalid} is invalid. Correct these values:`,
      '  trending.userCap: must be a number above 0 and at most 10000 (it is 0)',
      '  fed: is not a config key; did you mean feed?',
      expect.stringMatching(/^ {2}feed\.quotas: must sum to 1 \(the sum is 1\.4: /),
      '',
    ]);
  });

  it('uses BELLWETHER_CONFIG without an argument, else the default', async () => {
    const [configured, none] = await Promise.all([
      run(['check'], { BELLWETHER_CONFIG: mine }),
      run(['check']),
    ]);
    expect(configured.stdout).toMatch(/mine\.yaml is valid/);
    expect(none.stdout).toMatch(/^No file is configured\. The default config is used, version /);
  });
});

describe('bellwether config check of a source with an invalid format', () => {
  it('reports the other errors of that source too', async () => {
    const file = path.join(folder, 'source.yaml');
    await writeFile(file, 'sources: [{ name: "Bad Name", format: gamm, url: "ftp://x", everySeconds: 1 }]\n');
    const { stderr } = await run(['check', file]);
    expect(stderr.trim().split('\n').slice(1)).toEqual([
      expect.stringMatching(/^ {2}sources\.0\.format: must be "gamma" or "manifold"/),
      expect.stringMatching(/^ {2}sources\.0\.name: /),
      expect.stringMatching(/^ {2}sources\.0\.url: must be an http\(s\) URL/),
      expect.stringMatching(/^ {2}sources\.0\.everySeconds: must be a whole number from 10 to 86400/),
    ]);
  });
});

describe('a ranking config that cannot be read', () => {
  it.each([
    [
      'config check',
      ['config', 'check', 'missing.yaml'],
      'missing.yaml cannot be read: there is no such file or folder',
    ],
    [
      'config print',
      ['config', 'print', 'missing.yaml'],
      'missing.yaml cannot be read: there is no such file or folder',
    ],
    ['config diff', ['config', 'diff', 'mine.yaml', '.'], '. cannot be read: it is a folder, not a file'],
    ['evaluate', ['evaluate', '--sample', '--config', '.'], '. cannot be read: it is a folder, not a file'],
  ])('fails %s with one sentence', async (_, args, sentence) => {
    expect(await runCommand(args, {}, folder)).toMatchObject({
      code: 1,
      stdout: '',
      stderr: `bellwether: The ranking config ${sentence}.\n`,
    });
  });
});

describe('bellwether config print', () => {
  it('prints the version and an equivalent config', async () => {
    const { stdout } = await run(['print', mine]);
    expect(stdout).toMatch(/^# version [0-9a-f]{12} of .*mine\.yaml\n/);
    expect(stdout).toContain('  userCap: 3 # default: 8\n');
    const printed = path.join(folder, 'printed.yaml');
    await writeFile(printed, stdout);
    expect(versionIn((await run(['check', printed])).stdout)).toBe(versionIn(stdout));
  });

  it('prints the default config with its comments', async () => {
    const { stdout } = await run(['print', '--defaults'], { BELLWETHER_CONFIG: mine });
    expect(stdout).toMatch(/^# version [0-9a-f]{12} of the default config\n/);
    expect(stdout).toContain('# Trending: current activity of all users.\ntrending:\n');
    expect(stdout).toContain('  userCap: 8\n');
  });
});

describe('bellwether config diff', () => {
  const rows = (stdout: string): string[][] =>
    stdout
      .split('\n')
      .filter((line) => line.startsWith('│'))
      .map((line) =>
        line
          .split('│')
          .slice(1, -1)
          .map((cell) => cell.trim()),
      );

  it('lists the differences from the default', async () => {
    const [{ code, stdout }, fromEnvironment] = await Promise.all([
      run(['diff', mine]),
      run(['diff'], { BELLWETHER_CONFIG: mine }),
    ]);
    expect(code).toBe(0);
    expect(rows(stdout)).toEqual([
      ['value', 'the default config', mine],
      ['trending.userCap', '8', '3'],
      ['feed.quotas.PERSONAL', '0.5', '0.4'],
      ['feed.quotas.RISING', '0.1', '0.2'],
    ]);
    expect(fromEnvironment.stdout).toBe(stdout);
  });

  it('lists the differences between two configs', async () => {
    expect(rows((await run(['diff', other, mine])).stdout).slice(0, 2)).toEqual([
      ['value', other, mine],
      ['trending.userCap', '4', '3'],
    ]);
  });

  it('prints a sentence when nothing differs', async () => {
    const { code, stdout } = await run(['diff', mine, mine]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: `No value differs between ${mine} and ${mine}.\n` });
  });

  it('rejects an invalid config', async () => {
    expect(await run(['diff', invalid])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('is invalid') as unknown,
    });
  });
});

it.each([['check'], ['print'], ['diff']])('bellwether config %s --help has examples', async (command) => {
  const { code, stdout } = await run([command, '--help']);
  expect(code).toBe(0);
  expect(stdout).toContain(`bellwether config ${command} `);
  expect(stdout).toContain('BELLWETHER_CONFIG');
});
