import { once } from 'node:events';
import type { WriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import { fileErrorReason } from '../../config/file-error.js';
import { OperatorError } from '../../lib/errors.js';
import { visible } from '../../lib/input/display-text.js';
import type { RejectedRecord } from './formats/import-record.js';

/** Maximum length of `first`. */
const KEPT_IN_MEMORY = 3;

/** Writes rejected records as JSON lines `{line, reason, raw}`. The first record creates the file. */
export class RejectsFile {
  readonly path: string;
  count = 0;
  /** The first three rejected records. */
  readonly first: Pick<RejectedRecord, 'line' | 'reason'>[] = [];
  #stream: WriteStream | undefined;

  constructor(path: string) {
    this.path = path;
  }

  /** @throws {OperatorError} if the file cannot be created. */
  async add({ line, reason, raw }: Omit<RejectedRecord, 'kind'>): Promise<void> {
    this.count++;
    if (this.first.length < KEPT_IN_MEMORY) this.first.push({ line, reason });
    this.#stream ??= await this.#create();
    if (!this.#stream.write(`${visible(JSON.stringify({ line, reason, raw }))}\n`))
      await once(this.#stream, 'drain');
  }

  async close(): Promise<void> {
    if (!this.#stream) return;
    this.#stream.end();
    await finished(this.#stream);
  }

  async #create(): Promise<WriteStream> {
    try {
      return (await open(this.path, 'w')).createWriteStream();
    } catch (error) {
      throw new OperatorError(
        `The rejects file ${this.path} cannot be written: ${fileErrorReason(error)}. Choose another with --rejects.`,
        { cause: error },
      );
    }
  }
}
