import { readFileSync, statSync, type Stats } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { OperatorError } from '../lib/errors.js';
import { fileProblem } from './file-problem.js';

/** Ten times what a config needs; parsing as much takes a fraction of a second, whatever stands in it. */
const MOST_BYTES = 64 * 1024;

/**
 * The text of a config file.
 *
 * @throws {OperatorError} when it cannot be read, is not a file, is too large, or is not UTF-8.
 */
export function readConfigText(file: string | URL, name: string): string {
  try {
    requireModestFile(statSync(file));
    return decoded(readFileSync(file));
  } catch (error) {
    throw unreadable(name, error);
  }
}

/** {@link readConfigText} for a process that must not stand still while a disk is slow. */
export async function readConfigTextLater(file: string, name: string): Promise<string> {
  try {
    requireModestFile(await stat(file));
    return decoded(await readFile(file));
  } catch (error) {
    throw unreadable(name, error);
  }
}

/** Reading a pipe or a device may never come to its end. */
function requireModestFile(stats: Stats): void {
  if (!stats.isFile())
    throw new Error(stats.isDirectory() ? 'it is a folder, not a file' : 'it is not a file');
  if (stats.size > MOST_BYTES) throw new Error(`it is larger than ${MOST_BYTES / 1024} KiB`);
}

function decoded(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Error('it is not UTF-8 text');
  }
}

function unreadable(name: string, error: unknown): OperatorError {
  return new OperatorError(`The ranking config ${name} cannot be read: ${fileProblem(error)}.`);
}
