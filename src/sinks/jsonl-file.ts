import { mkdir, open, readdir, type FileHandle } from 'node:fs/promises';
import path from 'node:path';

const NEWLINE = 0x0a;
const TAIL_BYTES = 64 * 1_024;

/** A file of events: its day in UTC, and its number within that day. */
export interface JsonlFile {
  readonly day: string;
  readonly number: number;
}

/** Names sort in the order in which the files were written. */
export function jsonlFileName(sink: string, { day, number }: JsonlFile): string {
  return `${sink}-${day}.${String(number).padStart(6, '0')}.jsonl`;
}

/** The file of a sink that was begun last, if there is one. */
export async function newestJsonlFile(folder: string, sink: string): Promise<JsonlFile | undefined> {
  const names = (await readdir(folder)).filter((name) => name.startsWith(`${sink}-`)).sort();
  for (const name of names.reverse()) {
    const match = /^(\d{4}-\d{2}-\d{2})\.(\d{6})\.jsonl$/.exec(name.slice(sink.length + 1));
    if (match) return { day: match[1] ?? '', number: Number(match[2]) };
  }
  return undefined;
}

/** Makes a folder, and sees to it that it is still there after a power failure. */
export async function makeDurableFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true });
  if (first !== undefined) await syncFolder(path.dirname(first));
}

/** Opens a file to append to, and makes it if need be; new names survive a power failure. */
export async function openToAppend(
  folder: string,
  name: string,
): Promise<{ file: FileHandle; bytes: number }> {
  const file = await open(path.join(folder, name), 'a+', 0o640);
  try {
    const { size } = await file.stat();
    if (size === 0) await syncFolder(folder);
    return { file, bytes: size };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/**
 * Cuts off a last line that was not written to its end. Its event never counted as delivered, so it comes again.
 *
 * @returns how many bytes the file has now.
 */
export async function cutTornLine(file: FileHandle, bytes: number): Promise<number> {
  let end = bytes;
  while (end > 0) {
    const start = Math.max(0, end - TAIL_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(end - start), 0, end - start, start);
    const newline = buffer.lastIndexOf(NEWLINE, bytesRead - 1);
    if (newline !== -1) {
      end = start + newline + 1;
      break;
    }
    end = start;
  }
  if (end < bytes) {
    await file.truncate(end);
    await file.sync();
  }
  return end;
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
