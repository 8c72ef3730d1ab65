import { randomBytes } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import type { Clock } from '../../lib/clock.js';
import type { JsonlSinkConfig } from '../../config/schema/sink-schema.js';
import {
  createJsonlFile,
  jsonlFileName,
  makeDurableFolder,
  newestJsonlFile,
  reopenJsonlFile,
  type JsonlFile,
} from './jsonl-file.js';
import type { OutgoingEvent } from './outgoing-event.js';
import { SinkFailure, type Delivery, type Sink } from './sink.js';

const MEGABYTE = 1_000_000;

/**
 * Events in files, one JSON object per line: `<folder>/<name>-<UTC day>.<number>.<relay>.jsonl`.
 *
 * Each relay writes files of its own. A relay that has lost the sink's lock but still runs can therefore neither truncate
 * nor interleave the lines of its successor. Files may be removed at any time.
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
      throw SinkFailure.from(error, `The folder ${this.config.folder} does not take events`);
    }
    return { delivered: [...events.keys()], refused: [], failure: undefined };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #open(): Promise<FileHandle> {
    const { folder, name, maxFileMegabytes } = this.config;
    await makeDurableFolder(folder);
    const today = new Date(this.clock()).toISOString().slice(0, 10);
    const current = this.#current;
    // A clock that was set back must not bring events before those that are there.
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
      // The batch is delivered again as a whole, in another file if this one cannot be restored.
      this.#current = await file.truncate(size).then(
        () => this.#current,
        () => undefined,
      );
      throw error;
    }
  }
}
