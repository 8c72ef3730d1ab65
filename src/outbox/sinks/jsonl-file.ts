import { constants, mkdir, open, readdir, type FileHandle } from 'node:fs/promises';
import path from 'node:path';

/** A file of events: its UTC day, its number within that day, and the relay that writes it. */
export interface JsonlFile {
  readonly day: string;
  readonly number: number;
  readonly relay: string;
}

/** Names sort in the order in which the files were begun. */
export function jsonlFileName(sink: string, { day, number, relay }: JsonlFile): string {
  return `${sink}-${day}.${String(number).padStart(6, '0')}.${relay}.jsonl`;
}

/** The last file of a sink by name, of any relay; files of versions that did not name the relay count too. */
export async function newestJsonlFile(
  folder: string,
  sink: string,
): Promise<Omit<JsonlFile, 'relay'> | undefined> {
  const names = (await readdir(folder)).filter((name) => name.startsWith(`${sink}-`)).sort();
  for (const name of names.reverse()) {
    const match = /^(\d{4}-\d{2}-\d{2})\.(\d{6})(?:\.[\da-f]+)?\.jsonl$/.exec(name.slice(sink.length + 1));
    if (match) return { day: match[1] ?? '', number: Number(match[2]) };
  }
  return undefined;
}

/** Makes a folder, and sees to it that it is still there after a power failure. */
export async function makeDurableFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true });
  if (first !== undefined) await syncFolder(path.dirname(first));
}

/** Creates a file to append to; its name survives a power failure. */
export async function createJsonlFile(folder: string, name: string): Promise<FileHandle> {
  const file = await open(path.join(folder, name), 'ax', 0o640);
  try {
    await syncFolder(folder);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Opens a file to append to; undefined if it is gone or has reached `maxBytes`. */
export async function reopenJsonlFile(
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
