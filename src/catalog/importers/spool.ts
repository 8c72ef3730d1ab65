import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { OperatorError } from '../../lib/errors.js';

/**
 * Keeps a stream in a temporary file, so that it can be read twice. The file has no name any more
 * when this returns: closing the handle frees its space, and so does the end of the process, however
 * it comes.
 *
 * @throws OperatorError when the stream is longer than `maxBytes`.
 */
export async function spool(stream: Readable, maxBytes: number): Promise<FileHandle> {
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
        `The input is longer than ${maxBytes} bytes, the most that is kept on disk: save it to a file and import that.`,
      );
    }
    await handle.appendFile(chunk);
  }
}
