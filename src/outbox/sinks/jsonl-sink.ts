import { randomBytes } from 'node:crypto';
import { constants, mkdir, open, readdir, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import type { JsonlSinkConfig } from '../../config/schema/sink-schema.js';
import type { Clock } from '../../lib/clock.js';
import type { OutgoingEvent } from './outgoing-event.js';
import { SinkFailure, type Delivery, type Sink } from './sink.js';

const MEGABYTE = 1_000_000;

/**
 * Appends events to files, one JSON object per line: `<folder>/<name>-<UTC day>.<number>.<relay>.jsonl`.
 *
 * Each relay writes its own files. So a relay that has lost the sink's lock but still runs cannot truncate or interleave
 * the lines of its successor. Files may be removed at any time.
 */
export class JsonlSink implements Sink {
  readonly name: string;
  readonly #relay = randomBytes(4).toString('hex');
  #current: JsonlFile | undefined;

  constructor(
    private readonly config: Pick<JsonlSinkConfig, 'name' | 'folder' | 'maxFileMegabytes'>,
    private readonly clock: Clock,
  ) {
    this.name = config.name;
  }

  async deliver(events: readonly OutgoingEvent[]): Promise<Delivery> {
    const lines = Buffer.from(events.map((event) => `${JSON.stringify(event)}\n`).join(''));
    try {
      const file = await this.#open();
      try {
        await this.#append(file, lines);
      } finally {
        await file.close();
      }
    } catch (error) {
      throw SinkFailure.from(error, `Events could not be written to the folder ${this.config.folder}`);
    }
    return { delivered: [...events.keys()], rejected: [], failure: undefined };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #open(): Promise<FileHandle> {
    const { folder, name, maxFileMegabytes } = this.config;
    await createDurableFolder(folder);
    const today = new Date(this.clock()).toISOString().slice(0, 10);
    const current = this.#current;
    // If the clock was set back, new events must not be sorted before stored ones.
    if (current !== undefined && current.day >= today) {
      const file = await reopenJsonlFile(folder, jsonlFileName(name, current), maxFileMegabytes * MEGABYTE);
      if (file !== undefined) return file;
    }
    const others = [await newestJsonlFile(folder, name), current].filter((file) => file !== undefined);
    const day = [today, ...others.map((file) => file.day)].sort().at(-1) ?? today;
    const number = 1 + Math.max(0, ...others.map((file) => (file.day === day ? file.number : 0)));
    const next = { day, number, relay: this.#relay };
    const created = await createJsonlFile(folder, jsonlFileName(name, next));
    this.#current = next;
    return created;
  }

  async #append(file: FileHandle, lines: Buffer): Promise<void> {
    const { size } = await file.stat();
    try {
      await file.appendFile(lines);
      await file.sync();
    } catch (error) {
      // The whole batch is delivered again, to another file if this one cannot be truncated.
      this.#current = await file.truncate(size).then(
        () => this.#current,
        () => undefined,
      );
      throw error;
    }
  }
}

/** A file of events. */
interface JsonlFile {
  /** UTC day, `YYYY-MM-DD`. */
  readonly day: string;
  /** From 1 within a day. */
  readonly number: number;
  /** Id of the relay that writes the file. */
  readonly relay: string;
}

/** Names sort by the creation order of the files. */
function jsonlFileName(sink: string, { day, number, relay }: JsonlFile): string {
  return `${sink}-${day}.${String(number).padStart(6, '0')}.${relay}.jsonl`;
}

/** The last file of a sink by name, of any relay. Files of versions that did not name the relay count too. */
async function newestJsonlFile(folder: string, sink: string): Promise<Omit<JsonlFile, 'relay'> | undefined> {
  const names = (await readdir(folder)).filter((name) => name.startsWith(`${sink}-`)).sort();
  for (const name of names.reverse()) {
    const match = /^(\d{4}-\d{2}-\d{2})\.(\d{6})(?:\.[\da-f]+)?\.jsonl$/.exec(name.slice(sink.length + 1));
    if (match) return { day: match[1] ?? '', number: Number(match[2]) };
  }
  return undefined;
}

/** Creates a folder that survives a power failure. */
async function createDurableFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true });
  if (first !== undefined) await syncFolder(path.dirname(first));
}

/** Creates a file to append to; it survives a power failure. */
async function createJsonlFile(folder: string, name: string): Promise<FileHandle> {
  const file = await open(path.join(folder, name), 'ax', 0o640);
  try {
    await syncFolder(folder);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Opens a file to append to; undefined if it was removed or has reached `maxBytes`. */
async function reopenJsonlFile(
  folder: string,
  name: string,
  maxBytes: number,
): Promise<FileHandle | undefined> {
  const file = await open(path.join(folder, name), constants.O_WRONLY | constants.O_APPEND).catch(
    (error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    },
  );
  if (file === undefined) return undefined;
  try {
    if ((await file.stat()).size < maxBytes) return file;
  } catch (error) {
    await file.close();
    throw error;
  }
  await file.close();
  return undefined;
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
