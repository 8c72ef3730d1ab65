import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openImportSource, type SourceOptions } from '../../../../src/catalog/importers/import-source.js';
import { OperatorError } from '../../../../src/lib/errors.js';
import { byteStream } from '../../../support/import-records.js';

let folder: string;
let server: Server | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'import-source-test-'));
  vi.stubEnv('TMPDIR', folder);
});

afterEach(async () => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

const noInput = { stdin: Readable.from([]) };

async function file(name: string, content: string | Buffer): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

async function serve(listener: RequestListener): Promise<string> {
  server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function readTwice(location: string, options: SourceOptions = noInput): Promise<string[]> {
  const source = await openImportSource(location, options);
  try {
    return [await text(source.read()), await text(source.read())];
  } finally {
    await source.close();
  }
}

describe('openImportSource', () => {
  it('opens a file that can be read twice, and counts its stored bytes', async () => {
    const source = await openImportSource(await file('some.jsonl', 'content'), noInput);
    const counts: number[] = [];
    expect(await text(source.read((bytes) => counts.push(bytes)))).toBe('content');
    expect(await text(source.read())).toBe('content');
    expect([source.name, source.totalBytes, counts]).toEqual(['some.jsonl', 7, [7]]);
    await source.close();
  });

  it('recognizes gzip by the first bytes, not by the name', async () => {
    const compressed = Buffer.concat([gzipSync('first '), gzipSync('second')]);
    expect(await readTwice(await file('plain.json', compressed))).toEqual(['first second', 'first second']);
    expect(await readTwice(await file('plain.json.gz', 'plain'))).toEqual(['plain', 'plain']);
    expect(await readTwice(await file('empty', ''))).toEqual(['', '']);
  });

  it.each([
    ['cut off', (gzip: Buffer) => gzip.subarray(0, gzip.length - 20)],
    ['changed', (gzip: Buffer) => gzip.fill(0xff, 30, 60)],
  ])('throws an error with the file name if the gzip is %s', async (_, spoil) => {
    const content = Array.from({ length: 5000 }, (__, index) => `line ${index * 7919}`).join('\n');
    const path = await file('broken.gz', spoil(gzipSync(content)));
    await expect(readTwice(path)).rejects.toThrow(/^broken\.gz is corrupt gzip after \d+ decompressed bytes/);
  });

  it('copies standard input to a temporary file without a name', async () => {
    const content = 'piped '.repeat(50_000);
    const source = await openImportSource('-', { stdin: byteStream(content, 1000) });
    expect(await readdir(folder)).toEqual([]);
    expect(await text(source.read())).toBe(content);
    expect(await text(source.read())).toBe(content);
    expect([source.name, source.totalBytes]).toEqual(['stdin', content.length]);
    await source.close();
  });

  it('limits the size of the temporary file', async () => {
    const reading = openImportSource('-', { stdin: byteStream('x'.repeat(1001)), maxSpoolBytes: 1000 });
    await expect(reading).rejects.toThrow(/longer than 1000 bytes/);
    expect(await readdir(folder)).toEqual([]);
    const [content] = await readTwice('-', { stdin: byteStream('x'.repeat(1000)), maxSpoolBytes: 1000 });
    expect(content).toHaveLength(1000);
  });

  it('downloads a URL and names it by the last path segment only', async () => {
    const address = await serve((_, response) => response.end(gzipSync('from afar')));
    const source = await openImportSource(`${address}/exports/june.jsonl.gz?key=secret`, noInput);
    expect(source.name).toBe('june.jsonl.gz');
    expect(await text(source.read())).toBe('from afar');
    await source.close();
  });

  it('throws an error with the status of the server', async () => {
    const address = await serve((_, response) => response.writeHead(404).end('no'));
    await expect(openImportSource(`${address}/x`, noInput)).rejects.toThrow(
      new OperatorError(`${address.slice('http://'.length)} responded with 404 Not Found. Check the URL.`),
    );
  });

  it.each([
    ['before its response', () => undefined],
    ['in the middle of it', (response: { write(piece: string): void }) => response.write('first piece')],
  ])('throws an error if the server sends no data %s', async (_, begin) => {
    const address = await serve((__, response) => {
      begin(response);
    });
    const reading = openImportSource(`${address}/x`, { ...noInput, timeoutMs: 100 });
    await expect(reading).rejects.toThrow(/sent no data for 0\.1 s/);
  });

  it('throws an error if the connection breaks', async () => {
    const address = await serve((request, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('piece', () => request.socket.destroy());
    });
    await expect(openImportSource(`${address}/x`, noInput)).rejects.toThrow(/^The download from .+ failed/);
  });

  it('throws an error for a missing file, a folder, and another URL scheme', async () => {
    const missing = join(folder, 'missing.json');
    await expect(openImportSource(missing, noInput)).rejects.toThrow(
      new OperatorError(`${missing} cannot be read: there is no such file or folder.`),
    );
    await mkdir(join(folder, 'inner'));
    await expect(openImportSource(join(folder, 'inner'), noInput)).rejects.toThrow(/is a folder, not a file/);
    await expect(openImportSource('ftp://example.org/x', noInput)).rejects.toThrow(
      /cannot be imported\. Pass a file/,
    );
    await expect(openImportSource('http://user name/x', noInput)).rejects.toThrow(
      /cannot be imported\. Pass a file/,
    );
  });
});
