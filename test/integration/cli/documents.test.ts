import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packagedManifest } from '../../../src/graphql/trusted-documents/manifest.js';
import { startCommand } from '../../support/command.js';

describe('bellwether documents build', () => {
  let folder: string;
  const build = (...args: readonly string[]) => startCommand(['documents', 'build', ...args], {}).finished;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'bellwether-documents-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('prints the manifest of a folder, or writes it to a file', async () => {
    const { code, stdout } = await build('schema/operations');
    expect([code, JSON.parse(stdout)]).toEqual([0, await packagedManifest()]);
    const output = path.join(folder, 'manifest.json');
    await build('schema/operations', '--output', output);
    expect(await readFile(output, 'utf8')).toBe(stdout);
  });

  it.each([
    ['that does not exist', 'missing', undefined, 'missing cannot be read: there is no such file or folder.'],
    ['without operations', 'a.graphql', 'fragment F on Query { __typename }', 'Fragment "F" is never used.'],
    ['with a syntax error', 'a.graphql', 'query {', 'a.graphql: Syntax Error: Expected Name, found <EOF>.'],
    [
      'with an operation that the schema rejects',
      'a.graphql',
      'query A { nothing }',
      'Cannot query field "nothing" on type "Query".',
    ],
  ])('names the problem of a folder %s', async (_what, name, text, message) => {
    const target = await mkdtemp(path.join(folder, 'case-'));
    if (text !== undefined) await writeFile(path.join(target, name), text);
    const { code, stderr } = await build(text === undefined ? path.join(target, name) : target);
    expect(code).toBe(1);
    expect(stderr).toContain(message);
  });
});
