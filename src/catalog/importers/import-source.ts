import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm, stat, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { fileErrorReason } from '../../config/file-error.js';
import { errorMessage, OperatorError } from '../../lib/errors.js';
import { declaredEncoding } from '../../lib/input/encoding.js';

/** A source of an import that can be read from its beginning more than once. */
export interface ImportSource {
  /** Name in files and messages: the file name without its folder. */
  readonly name: string;
  /** Stored size in bytes, before decompression. */
  readonly totalBytes: number;
  /** The encoding that the server declared; undefined for files, or if it declared none. */
  readonly encoding?: string | undefined;
  /**
   * Reads the decompressed content from its beginning.
   *
   * @param onBytes receives the number of stored bytes read so far.
   */
  read(onBytes?: (bytesRead: number) => void): Readable;
  /** Closes the file. A temporary file is then deleted. */
  close(): Promise<void>;
}

export interface SourceOptions {
  /** The stream that `-` reads. */
  stdin: Readable;
  /** Maximum size of the temporary file for a pipe or URL. Default: 8 GiB. */
  maxSpoolBytes?: number;
  /** Maximum time without data from a URL. Default: 30 s. */
  timeoutMs?: number;
}

const defaultMaxSpoolBytes = 8 * 1024 ** 3;
const defaultTimeoutMs = 30_000;
const gzipMagic = [0x1f, 0x8b];

/**
 * Opens a file, `-` (standard input), or an http(s) URL. A source that cannot be read twice is first copied to a temporary
 * file. Gzip is recognized by its first bytes, regardless of the name.
 *
 * @throws {OperatorError} if the source cannot be opened or downloaded, or exceeds the size limit.
 */
export async function openImportSource(location: string, options: SourceOptions): Promise<ImportSource> {
  const maxBytes = options.maxSpoolBytes ?? defaultMaxSpoolBytes;
  if (location === '-') return sourceOf('stdin', await spool(options.stdin, maxBytes));
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(location)) {
    const { body, encoding } = await download(location, options.timeoutMs ?? defaultTimeoutMs);
    return { ...(await sourceOf(nameOfUrl(location), await spool(body, maxBytes))), encoding };
  }
  const name = basename(location);
  const kind = await stat(location).catch((error: unknown) => {
    throw unreadable(location, error);
  });
  if (kind.isDirectory())
    throw new OperatorError(`${location} is a folder, not a file. Pass the path of a file.`);
  // A named pipe, such as the shell's <(…), can be read only once.
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
  return Readable.from(withNamedGzipErrors(gunzip, name), { objectMode: false });
}

async function* withNamedGzipErrors(gunzip: Readable, name: string): AsyncGenerator<Buffer> {
  let bytes = 0;
  try {
    for await (const chunk of gunzip as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      yield chunk;
    }
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || !String(error.code).startsWith('Z_')) throw error;
    throw new OperatorError(
      `${name} is corrupt gzip after ${bytes} decompressed bytes: ${error.message}. Get the file again.`,
      { cause: error },
    );
  }
}

/** The last segment of the path as a file name. Credentials and query must not appear in names or messages. */
function nameOfUrl(address: string): string {
  const url = new URL(address);
  const last = url.pathname.split('/').findLast((segment) => segment !== '');
  return (last ?? url.hostname).replace(/[^\w.-]/g, '_');
}

function unreadable(location: string, error: unknown): OperatorError {
  return new OperatorError(`${location} cannot be read: ${fileErrorReason(error)}.`, { cause: error });
}

/**
 * Copies a stream to a temporary file, so that it can be read twice. The file is unlinked at once, so closing the handle or
 * the end of the process frees its space.
 *
 * @throws {OperatorError} if the stream is longer than `maxBytes`.
 */
async function spool(stream: Readable, maxBytes: number): Promise<FileHandle> {
  const folder = await mkdtemp(join(tmpdir(), 'bellwether-import-'));
  let handle: FileHandle | undefined;
  try {
    handle = await open(join(folder, 'spool'), 'w+');
    await rm(folder, { recursive: true });
    await copy(stream, handle, maxBytes);
    return handle;
  } catch (error) {
    stream.destroy();
    await handle?.close();
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function copy(stream: Readable, handle: FileHandle, maxBytes: number): Promise<void> {
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) {
      throw new OperatorError(
        `The input is longer than ${maxBytes} bytes, the limit for a pipe or URL. Save it to a file and import the file.`,
      );
    }
    await handle.appendFile(chunk);
  }
}

/**
 * Downloads from an http(s) URL.
 *
 * @param timeoutMs maximum time without data, before the response and between two chunks.
 * @throws {OperatorError} for another scheme, an unreachable server, or a status other than success. While the body is read:
 *   if the connection breaks or the server sends nothing for `timeoutMs`.
 */
async function download(
  address: string,
  timeoutMs: number,
): Promise<{ body: Readable; encoding: string | undefined }> {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol)) {
    throw new OperatorError(
      'This URL cannot be imported. Pass a file, - for standard input, or an http(s) URL.',
    );
  }
  const timer = new IdleTimer(timeoutMs);
  const response = await fetch(url, { signal: timer.signal }).catch((error: unknown) => {
    timer.stop();
    throw downloadError(url, timeoutMs, timer, error);
  });
  if (!response.ok || !response.body) {
    timer.stop();
    await response.body?.cancel();
    const status = `${response.status} ${response.statusText}`.trim();
    throw new OperatorError(`${url.host} responded with ${status}. Check the URL.`);
  }
  return {
    body: Readable.from(responseChunks(url, response.body, timeoutMs, timer), { objectMode: false }),
    encoding: declaredEncoding(response.headers.get('content-type')),
  };
}

async function* responseChunks(
  url: URL,
  body: AsyncIterable<Uint8Array>,
  timeoutMs: number,
  timer: IdleTimer,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body) {
      timer.stop();
      yield chunk;
      timer.start();
    }
  } catch (error) {
    throw downloadError(url, timeoutMs, timer, error);
  } finally {
    timer.stop();
  }
}

function downloadError(url: URL, timeoutMs: number, timer: IdleTimer, error: unknown): OperatorError {
  if (timer.signal.aborted) {
    return new OperatorError(`${url.host} sent no data for ${timeoutMs / 1000} s. Retry later.`);
  }
  return new OperatorError(
    `The download from ${url.host} failed: ${errorMessage(error)}. Check the URL and retry.`,
    { cause: error },
  );
}

/** Aborts its signal after `timeoutMs` without a restart. Starts when created. */
class IdleTimer {
  readonly #controller = new AbortController();
  readonly #timeoutMs: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
    this.start();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  start(): void {
    this.#timer = setTimeout(() => this.#controller.abort(), this.#timeoutMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
