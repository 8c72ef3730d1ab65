import { open, stat, type FileHandle } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { OperatorError } from '../../lib/errors.js';
import { download } from './download.js';
import { spool } from './spool.js';

/** Something to import that can be read from its beginning more than once. */
export interface ImportSource {
  /** What it is called in files and messages about it: the file's name, without folder. */
  readonly name: string;
  /** Size as stored, in bytes. */
  readonly totalBytes: number;
  /** The encoding that the server declared; undefined for files and when it declared none. */
  readonly encoding?: string | undefined;
  /**
   * The content from its beginning, decompressed. `onBytes` hears of each stored byte that was read,
   * as their number so far.
   */
  read(onBytes?: (bytesRead: number) => void): Readable;
  /** Closes the file; a temporary one is gone then. */
  close(): Promise<void>;
}

export interface SourceOptions {
  /** What `-` reads. */
  stdin: Readable;
  /** How much of a pipe or an address is kept on disk while it is read. Default 8 GiB. */
  maxSpoolBytes?: number;
  /** How long an address may stay silent. Default 30 s. */
  timeoutMs?: number;
}

const defaultMaxSpoolBytes = 8 * 1024 ** 3;
const defaultTimeoutMs = 30_000;
const gzipMagic = [0x1f, 0x8b];

/**
 * Opens a file, `-` (standard input) or an http(s) address. What cannot be read twice is first kept
 * in a temporary file. Gzip is recognised by its first bytes, whatever the name.
 *
 * @throws OperatorError when it cannot be opened or fetched, or is too large to keep.
 */
export async function openSource(location: string, options: SourceOptions): Promise<ImportSource> {
  const maxBytes = options.maxSpoolBytes ?? defaultMaxSpoolBytes;
  if (location === '-') return sourceOf('stdin', await spool(options.stdin, maxBytes));
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(location)) {
    const { body, encoding } = await download(location, options.timeoutMs ?? defaultTimeoutMs);
    return { ...(await sourceOf(nameOfAddress(location), await spool(body, maxBytes))), encoding };
  }
  const name = basename(location);
  const kind = await stat(location).catch((error: unknown) => {
    throw unreadable(location, error);
  });
  if (kind.isDirectory()) throw new OperatorError(`${location} is a folder, not a file.`);
  // A named pipe, such as a shell's <(…), gives its content once.
  if (!kind.isFile()) return sourceOf(name, await spool(createReadStream(location), maxBytes));
  const handle = await open(location, 'r').catch((error: unknown) => {
    throw unreadable(location, error);
  });
  return sourceOf(name, handle);
}

async function sourceOf(name: string, handle: FileHandle): Promise<ImportSource> {
  const { size } = await handle.stat();
  const { buffer } = await handle.read(Buffer.alloc(gzipMagic.length), 0, gzipMagic.length, 0);
  const isGzip = gzipMagic.every((byte, index) => buffer[index] === byte);
  return {
    name,
    totalBytes: size,
    read: (onBytes) => {
      const stored = Readable.from(counted(handle, onBytes), { objectMode: false });
      return isGzip ? gunzipped(stored, name) : stored;
    },
    close: () => handle.close(),
  };
}

async function* counted(handle: FileHandle, onBytes?: (bytesRead: number) => void): AsyncGenerator<Buffer> {
  let bytesRead = 0;
  const chunks = handle.createReadStream({ start: 0, autoClose: false });
  for await (const chunk of chunks as AsyncIterable<Buffer>) {
    bytesRead += chunk.length;
    onBytes?.(bytesRead);
    yield chunk;
  }
}

function gunzipped(stored: Readable, name: string): Readable {
  const gunzip = createGunzip({ chunkSize: 64 * 1024 });
  pipeline(stored, gunzip, () => undefined);
  return Readable.from(withGzipFaultsNamed(gunzip, name), { objectMode: false });
}

async function* withGzipFaultsNamed(gunzip: Readable, name: string): AsyncGenerator<Buffer> {
  let bytes = 0;
  try {
    for await (const chunk of gunzip as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      yield chunk;
    }
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || !String(error.code).startsWith('Z_')) throw error;
    throw new OperatorError(`${name} is broken gzip, after ${bytes} decompressed bytes: ${error.message}.`, {
      cause: error,
    });
  }
}

/** The last part of the path, as a file's name; credentials and query never get into names or messages. */
function nameOfAddress(address: string): string {
  const url = new URL(address);
  const last = url.pathname.split('/').findLast((part) => part !== '');
  return (last ?? url.hostname).replace(/[^\w.-]/g, '_');
}

function unreadable(location: string, error: unknown): OperatorError {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return new OperatorError(`There is no file ${location}.`, { cause: error });
  if (code === 'EACCES')
    return new OperatorError(`${location} may not be read by this user.`, { cause: error });
  return new OperatorError(`${location} cannot be read: ${String(error)}`, { cause: error });
}
