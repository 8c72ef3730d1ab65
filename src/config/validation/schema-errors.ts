import { z } from 'zod';
import { valueAt } from '../config-values.js';
import { suggestName } from '../suggestion.js';
import { describeValue, type ConfigError } from './config-error.js';
import { formerKeyMessage } from './renamed-keys.js';

/** A violation of the schema, with the path as a list of keys. */
export interface SchemaError extends ConfigError {
  readonly keys: readonly string[];
}

type Parsed<Schema extends z.ZodType> =
  { readonly data: z.output<Schema>; readonly errors?: never } | { readonly errors: readonly SchemaError[] };

/**
 * Parses a value, or returns every violation of the schema as a sentence.
 *
 * @param at path of the value in the config.
 */
export function parseWithSchema<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  at: readonly string[] = [],
): Parsed<Schema> {
  const knownKeys = new Map<string, readonly string[]>();
  const unions = new Map<string, z.ZodDiscriminatedUnion>();
  const parsed = schema.safeParse(value, {
    error: (issue) => {
      if (issue.code === 'unrecognized_keys') knownKeys.set(pathOf(issue.path), keysOf(issue.inst));
      if (issue.code === 'invalid_union' && issue.inst instanceof z.ZodDiscriminatedUnion) {
        unions.set(pathOf(issue.path), issue.inst);
      }
      return requirement(issue);
    },
  });
  if (parsed.success) return { data: parsed.data };
  const errors = parsed.error.issues.flatMap((issue) => {
    const keys = issue.path.map(String);
    const fullKeys = [...at, ...keys];
    if (issue.code === 'custom') return [errorAt(fullKeys, issue.message)];
    if (issue.code === 'unrecognized_keys') {
      const known = knownKeys.get(pathOf(keys)) ?? [];
      return issue.keys.map((key) =>
        errorAt([...fullKeys, key], unknownKeyMessage(key, fullKeys, known, schema)),
      );
    }
    const error = errorAt(fullKeys, withFoundValue(issue.message, value, keys));
    const union = unions.get(pathOf(keys));
    if (union === undefined) return [error];
    return [error, ...errorsOfEveryOption(union, valueAt(value, keys.slice(0, -1)), fullKeys.slice(0, -1))];
  });
  // One value can violate several bounds, and each message names them all.
  const bySentence = new Map(errors.map((error) => [`${error.path}: ${error.message}`, error]));
  return { errors: [...bySentence.values()] };
}

/** While the option of a union is unknown, only an error that every option has is certain. */
function errorsOfEveryOption(
  union: z.ZodDiscriminatedUnion,
  value: unknown,
  at: readonly string[],
): readonly SchemaError[] {
  const [first = [], ...others] = union.options.map(
    (option) => parseWithSchema(option as z.ZodType, value, at).errors ?? [],
  );
  return first.filter(({ path, message }) =>
    others.every((errors) => errors.some((error) => error.path === path && error.message === message)),
  );
}

const pathOf = (keys: readonly PropertyKey[] | undefined): string => (keys ?? []).map(String).join('.');

const errorAt = (keys: readonly string[], message: string): SchemaError => ({
  keys,
  path: pathOf(keys),
  message,
});

function withFoundValue(message: string, value: unknown, keys: readonly string[]): string {
  const found = valueAt(value, keys);
  return found === undefined ? `is missing and ${message}` : `${message} (it is ${describeValue(found)})`;
}

function unknownKeyMessage(
  key: string,
  parent: readonly string[],
  known: readonly string[],
  schema: z.ZodType,
): string {
  const former = formerKeyMessage([...parent, key].join('.'));
  if (former !== undefined) return former;
  const suggestion = suggestName(key, known);
  const suggestions = suggestion === undefined ? pathsOf(key, schema) : [[...parent, suggestion].join('.')];
  return suggestions.length > 0
    ? `is not a config key; did you mean ${listed(suggestions)}?`
    : `is not a config key; allowed here: ${listed(known)}`;
}

/** Paths of the schema that end with a key. They help with a key that is indented wrongly. */
function pathsOf(key: string, schema: unknown, at: readonly string[] = []): string[] {
  if (!(schema instanceof z.ZodObject)) return [];
  return Object.entries(schema.shape).flatMap(([name, inner]) => {
    const below = pathsOf(key, inner, [...at, name]);
    return name === key ? [[...at, name].join('.'), ...below] : below;
  });
}

const keysOf = (schema: unknown): readonly string[] =>
  schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];

const KINDS: Readonly<Record<string, string>> = {
  object: 'a table of keys and values',
  array: 'a list',
  string: 'a text',
  boolean: 'true or false',
};

/** The requirement in words, for a schema without a message of its own. */
function requirement(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${KINDS[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `must be ${listed(issue.values.map(describeValue))}`;
    case 'invalid_union':
      return issue.inst instanceof z.ZodDiscriminatedUnion
        ? `must be ${listed(unionNames(issue.inst))}`
        : undefined;
    case 'too_small':
      return issue.origin === 'string' ? 'must not be empty' : `must have at least ${issue.minimum} entries`;
    case 'too_big':
      return `must have at most ${issue.maximum} entries`;
    default:
      return undefined;
  }
}

function unionNames(union: z.ZodDiscriminatedUnion): string[] {
  const { discriminator } = union.def;
  return union.options.flatMap(({ _zod }) =>
    [...(_zod.propValues?.[discriminator] ?? [])].map(describeValue),
  );
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} or ${names.at(-1) ?? ''}`;
}
