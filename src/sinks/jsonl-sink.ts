import type { FileHandle } from 'node:fs/promises';
import type { Clock } from '../config/clock.js';
import type { JsonlSinkConfig } from '../config/sink-config.js';
import {
  cutTornLine,
  jsonlFileName,
  makeDurableFolder,
  newestJsonlFile,
  openToAppend,
} from './jsonl-file.js';
import type { OutgoingEvent } from './outgoing-event.js';
import { SinkFailure, type Delivery, type Sink } from './sink.js';

const MEGABYTE = 1_000_000;

/**
 * Events in files, one JSON object a line: `<folder>/<name>-<UTC day>.<number>.jsonl`. A file is complete once there
 * is a later one.
 *
 * Nothing is remembered between deliveries, the folder says where to go on. So relays of several processes may
 * take turns on one folder, and files may be taken away at any time.
 */
export class JsonlSink implements Sink {
  readonly name: string;

  constructor(
    private readonly config: Pick<JsonlSinkConfig, 'name' | 'folder' | 'maxFileMegabytes'>,
    private readonly clock: Clock,
  ) {
    this.name = config.name;
  }

  async deliver(events: readonly OutgoingEvent[]): Promise<Delivery> {
    const lines = Buffer.from(events.map((event) => `${JSON.stringify(event)}\n`).join(''));
    try {
      const { file, bytes } = await this.#open();
      try {
        await append(file, bytes, lines);
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

  async #open(): Promise<{ file: FileHandle; bytes: number }> {
    const { folder, name, maxFileMegabytes } = this.config;
    await makeDurableFolder(folder);
    const today = new Date(this.clock()).toISOString().slice(0, 10);
    const newest = await newestJsonlFile(folder, name);
    if (newest === undefined) return openToAppend(folder, jsonlFileName(name, { day: today, number: 1 }));
    const opened = await openToAppend(folder, jsonlFileName(name, newest));
    try {
      const bytes = await cutTornLine(opened.file, opened.bytes);
      // A clock that was set back must not bring events before those that are there.
      if (newest.day >= today && bytes < maxFileMegabytes * MEGABYTE) return { file: opened.file, bytes };
    } catch (error) {
      await opened.file.close();
      throw error;
    }
    await opened.file.close();
    const next =
      newest.day >= today ? { day: newest.day, number: newest.number + 1 } : { day: today, number: 1 };
    return openToAppend(folder, jsonlFileName(name, next));
  }
}

async function append(file: FileHandle, bytes: number, lines: Buffer): Promise<void> {
  try {
    await file.appendFile(lines);
    await file.sync();
  } catch (error) {
    // The batch comes again as a whole. Should this fail too, the torn line is cut off then.
    await file.truncate(bytes).catch(() => undefined);
    throw error;
  }
}
