import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse, print } from 'graphql';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FeedDocument } from '../../../src/generated/client/graphql.js';
import { DocumentFile } from '../../../src/graphql/trusted-documents/document-file.js';
import {
  buildManifest,
  documentIdOf,
  packagedManifest,
  parseManifest,
  readDocuments,
} from '../../../src/graphql/trusted-documents/manifest.js';
import { TrustedDocuments } from '../../../src/graphql/trusted-documents/trusted-documents.js';
import { recordingLogger } from '../../support/log-lines.js';

const CLIENT = { role: 'CLIENT', userKey: 'ada', expiresAtMs: 1e15 } as const;
const TEXT = 'query A { market(id: "a") { id title } }';

const generated = (folder: string): Record<string, string> =>
  JSON.parse(
    readFileSync(
      new URL(`../../../src/generated/${folder}/persisted-documents.json`, import.meta.url),
      'utf8',
    ),
  ) as Record<string, string>;

describe('the manifest', () => {
  it('of the package has the ids and texts of the GraphQL Code Generator', async () => {
    expect(await packagedManifest()).toEqual({ ...generated('client'), ...generated('staff') });
  });

  it('has the id that a typed document names', async () => {
    const { hash } = (FeedDocument as unknown as { __meta__: { hash: string } }).__meta__;
    expect(hash).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(await packagedManifest()).toHaveProperty(hash);
  });

  it('has one document for each operation, with the fragments that it uses', () => {
    const manifest = buildManifest(
      parse(
        `query A { ...F } query B { a } fragment F on Query { ...G } fragment G on Query { g } fragment H on Query { h }`,
      ),
    );
    expect(Object.values(manifest)).toEqual([
      'fragment F on Query { ...G } fragment G on Query { g } query A { ...F }',
      'query B { a }',
    ]);
    expect(Object.entries(manifest).every(([id, text]) => documentIdOf(text) === id)).toBe(true);
  });

  it('is the same whatever the order and white space of a document', () => {
    const manifest = buildManifest(parse(TEXT));
    expect(buildManifest(parse('query A {\n market(id: "a") { title\n id } }'))).toEqual(manifest);
    expect(buildManifest(parse('query A { market(id: "b") { id title } }'))).not.toEqual(manifest);
  });

  it.each([
    ['text that is not JSON', '{', /^The manifest m\.json is not valid JSON: /],
    ['a list', '[]', /^The manifest m\.json must be a JSON object of document texts by id\./],
    ['a document that is not text', '{"a":1}', /^The manifest m\.json must be a JSON object/],
    [
      'an edited document',
      JSON.stringify({ [documentIdOf(TEXT)]: `${TEXT} ` }),
      /^The manifest m\.json has a text that does not match its id sha256:/,
    ],
  ])('is rejected if it is %s', (_what, json, message) => {
    expect(() => parseManifest(json, 'm.json')).toThrow(message);
  });
});

describe('trusted documents', () => {
  const { logger, lines } = recordingLogger();
  const trusting = (mode: 'off' | 'log' | 'enforce'): TrustedDocuments => {
    const documents = new TrustedDocuments({ mode, logger });
    documents.replace(buildManifest(parse(TEXT)));
    return documents;
  };
  beforeEach(() => {
    lines.length = 0;
  });

  it('are found by their id, with and without the prefix', () => {
    const [id = '', text] = Object.entries(buildManifest(parse(TEXT)))[0] ?? [];
    const documents = trusting('enforce');
    expect(documents.textOf(id)).toBe(text);
    expect(documents.textOf(id.replace('sha256:', ''))).toBe(text);
    expect(documents.textOf('sha256:0')).toBeUndefined();
    expect(documents.textOf('__proto__')).toBeUndefined();
  });

  it('may be sent as text by clients, in any order and with any white space', () => {
    expect(trusting('enforce').check(CLIENT, print(parse(TEXT)))).toBeUndefined();
    expect(trusting('enforce').check(CLIENT, 'query A{market(id:"a"){title,id}}')).toBeUndefined();
  });

  it.each([
    ['another document', 'query A { market(id: "b") { id } }'],
    ['a trusted document with an operation more', `${TEXT} query B { viewer { id } }`],
    ['text that is no document', 'query {'],
  ])('do not include %s, which is FORBIDDEN for clients while enforced', (_what, text) => {
    for (const viewer of [CLIENT, { role: 'ANONYMOUS' }] as const) {
      expect(trusting('enforce').check(viewer, text)).toMatchObject({ code: 'FORBIDDEN' });
    }
    for (const role of ['SERVICE', 'MONITOR', 'ADMIN', 'SUPERADMIN'] as const) {
      expect(trusting('enforce').check({ role, id: 'key', expiresAtMs: null }, text)).toBeUndefined();
    }
    expect(trusting('enforce').check({ role: 'OPEN' }, text)).toBeUndefined();
    expect(trusting('off').check(CLIENT, text)).toBeUndefined();
  });

  it('are missing from the log once for each other document, and pass, in the mode log', () => {
    const documents = trusting('log');
    const text = 'query Other { market(id: "a") { id } }';
    expect([documents.check(CLIENT, text), documents.check(CLIENT, text)]).toEqual([undefined, undefined]);
    documents.check(CLIENT, TEXT);
    expect(lines).toMatchObject([
      { msg: 'document is not trusted; enforcing would reject it', operation: 'Other' },
    ]);
  });
});

describe('the file of trusted documents', () => {
  let folder: string;
  let file: string;
  const { logger, lines } = recordingLogger();
  const other = 'query B { market(id: "b") { id } }';
  const write = (text: string) => writeFile(file, JSON.stringify(buildManifest(parse(text))));

  beforeEach(async () => {
    lines.length = 0;
    folder = await mkdtemp(path.join(tmpdir(), 'bellwether-documents-'));
    file = path.join(folder, 'manifest.json');
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('is followed, and an invalid one leaves the previous documents trusted', async () => {
    await write(TEXT);
    const documents = new TrustedDocuments({ mode: 'enforce', logger });
    const documentFile = new DocumentFile(file, documents, logger);
    await documentFile.load();
    const isTrusted = (text: string) => documents.check(CLIENT, text) === undefined;
    expect([isTrusted(TEXT), isTrusted(other)]).toEqual([true, false]);

    await writeFile(file, '{');
    await documentFile.refresh();
    await documentFile.refresh();
    expect([isTrusted(TEXT), isTrusted(other)]).toEqual([true, false]);
    await rm(file);
    await documentFile.refresh();
    await documentFile.refresh();
    expect(lines.map(({ msg }) => msg)).toEqual(
      Array(2).fill('rejected changed trusted documents; the previous ones stay'),
    );

    await write(other);
    await documentFile.refresh();
    expect([isTrusted(TEXT), isTrusted(other)]).toEqual([false, true]);
  });

  it('stops the start if it is missing', async () => {
    const documents = new TrustedDocuments({ mode: 'enforce', logger });
    await expect(new DocumentFile(file, documents, logger).load()).rejects.toThrow(
      `The manifest ${file} cannot be read: there is no such file or folder.`,
    );
  });

  it('is built from the files of a folder and its subfolders', async () => {
    await mkdir(path.join(folder, 'fragments'));
    await writeFile(path.join(folder, 'a.graphql'), 'query A { ...F }');
    await writeFile(path.join(folder, 'fragments', 'f.gql'), 'fragment F on Query { f }');
    await writeFile(path.join(folder, 'notes.txt'), 'no document');
    expect(Object.values(buildManifest(await readDocuments(folder)))).toEqual([
      'fragment F on Query { f } query A { ...F }',
    ]);
  });
});
