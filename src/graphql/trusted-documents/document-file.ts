import { readFile, stat } from 'node:fs/promises';
import { fileErrorReason } from '../../config/file-error.js';
import { OperatorError } from '../../lib/errors.js';
import type { Logger } from '../../lib/logger.js';
import { packagedManifest, parseManifest } from './manifest.js';
import type { TrustedDocuments } from './trusted-documents.js';

/** Loads the trusted documents from the operator's manifest, or from the package, and follows changes of the manifest. */
export class DocumentFile {
  /** State of the file that was last loaded or rejected. */
  #state = '';

  constructor(
    private readonly file: string | undefined,
    private readonly documents: Pick<TrustedDocuments, 'replace'>,
    private readonly logger: Pick<Logger, 'info' | 'error'>,
  ) {}

  /** @throws {OperatorError} if the manifest cannot be read or is invalid. */
  async load(): Promise<void> {
    if (this.file === undefined) {
      this.documents.replace(await packagedManifest());
      return;
    }
    try {
      this.#state = await stateOf(this.file);
      this.documents.replace(parseManifest(await readFile(this.file, 'utf8'), this.file));
    } catch (error) {
      if (error instanceof OperatorError) throw error;
      throw new OperatorError(`The manifest ${this.file} cannot be read: ${fileErrorReason(error)}.`);
    }
  }

  /** Loads a changed manifest. One that is invalid is logged once, and the documents before stay trusted. */
  async refresh(): Promise<void> {
    if (this.file === undefined) return;
    const state = await stateOf(this.file).catch(fileErrorReason);
    if (state === this.#state) return;
    this.#state = state;
    try {
      await this.load();
      this.logger.info({ file: this.file }, 'applied changed trusted documents');
    } catch (error) {
      const reason = (error as Error).message;
      this.logger.error(
        { file: this.file, reason },
        'rejected changed trusted documents; the previous ones stay',
      );
    }
  }
}

async function stateOf(file: string): Promise<string> {
  const { mtimeMs, size, ino } = await stat(file);
  return `${mtimeMs} ${size} ${ino}`;
}
