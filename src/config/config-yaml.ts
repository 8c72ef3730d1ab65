import { LineCounter, parseDocument, visit, type Document } from 'yaml';
import { OperatorError } from '../lib/errors.js';

/** Aliases that are told to repeat more than this could fill the memory. */
const MOST_ALIASES = 100;

/** Errors after the first few mostly follow from them. */
const MOST_TOLD = 5;

/**
 * What a YAML text says. Keys that stand twice and tags are refused, and what aliases repeat is bounded.
 *
 * @throws {OperatorError} with line and column of what is wrong.
 */
export function parseConfigYaml(text: string, name: string): unknown {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, uniqueKeys: true });
  const faults = [
    ...[...document.errors, ...document.warnings].map(({ message }) => message.trimEnd()),
    ...unresolvedAliases(document, lineCounter),
  ];
  if (faults.length > 0) throw notYaml(name, faults.slice(0, MOST_TOLD).join('\n'));
  try {
    return document.toJS({ maxAliasCount: MOST_ALIASES }) as unknown;
  } catch (error) {
    throw notYaml(name, (error as Error).message);
  }
}

function unresolvedAliases(document: Document, lineCounter: LineCounter): string[] {
  const faults: string[] = [];
  visit(document, {
    Alias: (_, alias) => {
      if (alias.resolve(document) !== undefined) return;
      const { line, col } = lineCounter.linePos(alias.range?.[0] ?? 0);
      faults.push(`Alias of nothing: *${alias.source} at line ${line}, column ${col}`);
    },
  });
  return faults;
}

const notYaml = (name: string, why: string): OperatorError =>
  new OperatorError(`The ranking config ${name} is not YAML: ${why}`);
