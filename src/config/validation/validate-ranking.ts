import { isTree } from '../config-values.js';
import { rankingSchema, type RankingConfig } from '../schema/ranking-schema.js';
import type { ConfigError } from './config-error.js';
import { crossFieldRules, type CrossFieldError } from './cross-field-rules.js';
import { experimentErrors } from './experiment-rules.js';
import { parseWithSchema, type SchemaError } from './schema-errors.js';

type Validated =
  { readonly config: RankingConfig; readonly errors?: never } | { readonly errors: readonly ConfigError[] };

/**
 * Validates a merged config in two passes, the schema and then the relations between values, and returns the errors of
 * both. Values that violate the schema do not keep the second pass from checking the others.
 *
 * @param fallback a valid config. Its values replace those that violate the schema during the second pass.
 */
export function validateRanking(merged: unknown, fallback: unknown): Validated {
  const parsed = parseWithSchema(rankingSchema, merged);
  if (parsed.errors === undefined) {
    const errors = crossFieldErrors(parsed.data);
    return errors.length === 0 ? { config: parsed.data } : { errors };
  }
  const repaired = parseWithSchema(rankingSchema, withoutErrors(merged, fallback, parsed.errors));
  if (repaired.errors !== undefined) return { errors: parsed.errors };
  const reliable = crossFieldErrors(repaired.data).filter(
    (error) => !parsed.errors.some((schemaError) => involves(error, schemaError)),
  );
  return { errors: [...parsed.errors, ...reliable] };
}

const crossFieldErrors = (config: RankingConfig): CrossFieldError[] => [
  ...crossFieldRules.flatMap((rule) => rule(config)),
  ...experimentErrors(
    config,
    (merged) => validateRanking(merged, { ...config, experiments: [] }).errors ?? [],
  ),
];

/** Whether a cross-field error may result from a value that was replaced because of a schema error. */
function involves({ path, comparedWith = [] }: CrossFieldError, schemaError: SchemaError): boolean {
  return [path, ...comparedWith].some(
    (compared) => isWithin(compared, schemaError.path) || isWithin(schemaError.path, compared),
  );
}

const isWithin = (path: string, outer: string): boolean =>
  outer === '' || path === outer || path.startsWith(`${outer}.`);

/** Copies `value`, with every part that has an error replaced by the same part of `fallback`. */
function withoutErrors(
  value: unknown,
  fallback: unknown,
  errors: readonly Pick<SchemaError, 'keys'>[],
): unknown {
  if (errors.length === 0) return value;
  if (!isTree(value) || !isTree(fallback) || errors.some(({ keys }) => keys.length === 0)) return fallback;
  const entries = Object.entries(fallback).map(([key, valid]) => {
    const within = errors.filter(({ keys }) => keys[0] === key);
    const below = within.map(({ keys }) => ({ keys: keys.slice(1) }));
    return [key, withoutErrors(value[key], valid, below)] as const;
  });
  return Object.fromEntries(entries);
}
