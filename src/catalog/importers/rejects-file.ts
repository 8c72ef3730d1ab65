import { once } from 'node:events';
import type { WriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import { fileProblem } from '../../config/file-problem.js';
import { OperatorError } from '../../lib/errors.js';
import { visible } from '../../lib/input/control-characters.js';
import type { RejectRecord } from './market-draft.js';

const KEPT = 3;

/** A file of JSON lines `{line, reason, raw}`, made with the first reject; without one there is no file. */
export class RejectsFile {
  readonly path: string;
  count = 0;
  /** The first three. */
  readonly first: Pick<RejectRecord, 'line' | 'reason'>[] = [];
  #stream: WriteStream | undefined;

  constructor(path: string) {
    this.path = path;
  }

  /** @throws OperatorError when the file cannot be made. */
  async add({ line, reason, raw }: Omit<RejectRecord, 'kind'>): Promise<void> {
    this.count++;
    if (this.first.length < KEPT) this.first.push({ line, reason });
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
        `The file of rejects, ${this.path}, cannot be written: ${fileProblem(error)}.`,
        {
          cause: error,
        },
      );
    }
  }
}
