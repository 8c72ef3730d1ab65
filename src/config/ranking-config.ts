import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { OperatorError } from '../errors.js';
import { rankingSchema, type RankingConfig } from './ranking-schema.js';

const defaultFile = new URL('../../src/config/default.yaml', import.meta.url);

type Tree = Record<string, unknown>;

const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The deployment's values over the default ones: objects are merged, everything else is replaced. */
function merge(base: unknown, over: unknown): unknown {
  if (!isTree(base) || !isTree(over)) return over;
  const merged: Tree = { ...base };
  for (const [key, value] of Object.entries(over))
    merged[key] = key in base ? merge(base[key], value) : value;
  return merged;
}

function parseYaml(text: string, name: string): unknown {
  try {
    return parse(text, { logLevel: 'error' }) as unknown;
  } catch (error) {
    throw new OperatorError(`The ranking config ${name} is not YAML: ${(error as Error).message}`);
  }
}

function readText(file: string | URL, name: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new OperatorError(`The ranking config ${name} cannot be read: ${(error as Error).message}`);
  }
}

/**
 * The ranking config: the default, with a deployment's own file merged over it.
 *
 * @throws {OperatorError} telling every fault of the file with its path, or why it cannot be read.
 */
export function loadRankingConfig(file: string | undefined): RankingConfig {
  const defaults = parseYaml(readText(defaultFile, 'default.yaml'), 'default.yaml');
  const own = file === undefined ? undefined : parseYaml(readText(file, file), file);
  // A file of nothing but comments changes nothing.
  const parsed = rankingSchema.safeParse(own === undefined || own === null ? defaults : merge(defaults, own));
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `  ${issue.path.join('.') || '(top)'}: ${issue.message}`);
  throw new OperatorError(`The ranking config ${file ?? 'default.yaml'} has faults:\n${faults.join('\n')}`);
}
