import { readFileSync, statSync, type Stats } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { LineCounter, parseDocument, visit, type Document } from 'yaml';
import { OperatorError } from '../lib/errors.js';
import { fileErrorReason } from './file-error.js';

/** Ten times what a config needs. Parsing this much takes a fraction of a second, whatever its content. */
const MAX_BYTES = 64 * 1024;

/** More aliases could expand to a value that does not fit in memory. */
const MAX_ALIASES = 100;

/** Errors after the first few mostly follow from them. */
const MAX_REPORTED = 5;

/**
 * Reads the text of a config file.
 *
 * @throws {OperatorError} if it cannot be read, is not a file, is larger than 64 KiB, or is not UTF-8.
 */
export function readConfigText(file: string | URL, name: string): string {
  try {
    requireSmallFile(statSync(file));
    return decoded(readFileSync(file));
  } catch (error) {
    throw unreadable(name, error);
  }
}

/** {@link readConfigText} without blocking the process while a disk is slow. */
export async function readConfigTextAsync(file: string, name: string): Promise<string> {
  try {
    requireSmallFile(await stat(file));
    return decoded(await readFile(file));
  } catch (error) {
    throw unreadable(name, error);
  }
}

/** Rejects pipes and devices, because reading one may never end. */
function requireSmallFile(stats: Stats): void {
  if (!stats.isFile())
    throw new Error(stats.isDirectory() ? 'it is a folder, not a file' : 'it is not a file');
  if (stats.size > MAX_BYTES) throw new Error(`it is larger than ${MAX_BYTES / 1024} KiB`);
}

function decoded(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Error('it is not UTF-8 text');
  }
}

function unreadable(name: string, error: unknown): OperatorError {
  return new OperatorError(`The ranking config ${name} cannot be read: ${fileErrorReason(error)}.`);
}

/**
 * Parses YAML. Duplicate keys and tags are rejected, and the expansion of aliases is bounded.
 *
 * @throws {OperatorError} with line and column of the first errors.
 */
export function parseConfigYaml(text: string, name: string): unknown {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, uniqueKeys: true });
  const errors = [
    ...[...document.errors, ...document.warnings].map(({ message }) => message.trimEnd()),
    ...unresolvedAliases(document, lineCounter),
  ];
  if (errors.length > 0) throw invalidYaml(name, errors.slice(0, MAX_REPORTED).join('\n'));
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES }) as unknown;
  } catch (error) {
    throw invalidYaml(name, (error as Error).message);
  }
}

function unresolvedAliases(document: Document, lineCounter: LineCounter): string[] {
  const errors: string[] = [];
  visit(document, {
    Alias: (_, alias) => {
      if (alias.resolve(document) !== undefined) return;
      const { line, col } = lineCounter.linePos(alias.range?.[0] ?? 0);
      errors.push(`Alias without an anchor: *${alias.source} at line ${line}, column ${col}`);
    },
  });
  return errors;
}

const invalidYaml = (name: string, reason: string): OperatorError =>
  new OperatorError(`The ranking config ${name} is not valid YAML: ${reason}`);
