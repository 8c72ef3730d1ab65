import { z } from 'zod';
import { named, type ConfigFault } from './config-fault.js';
import { isTree } from './config-tree.js';
import { nearName } from './near-name.js';

/** A fault of shape, and where it is. */
export interface ShapeFault extends ConfigFault {
  readonly place: readonly string[];
}

type Shaped<Schema extends z.ZodType> =
  { readonly data: z.output<Schema>; readonly faults?: never } | { readonly faults: readonly ShapeFault[] };

/**
 * What a schema makes of a value, or every fault of its shape as a sentence.
 *
 * @param at where the value is in the config.
 */
export function checkShape<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  at: readonly string[] = [],
): Shaped<Schema> {
  const knownKeys = new Map<string, readonly string[]>();
  const unions = new Map<string, z.ZodDiscriminatedUnion>();
  const parsed = schema.safeParse(value, {
    error: (issue) => {
      if (issue.code === 'unrecognized_keys') knownKeys.set(pathOf(issue.path), keysOf(issue.inst));
      if (issue.code === 'invalid_union' && issue.inst instanceof z.ZodDiscriminatedUnion) {
        unions.set(pathOf(issue.path), issue.inst);
      }
      return sentence(issue);
    },
  });
  if (parsed.success) return { data: parsed.data };
  const faults = parsed.error.issues.flatMap((issue) => {
    const place = issue.path.map(String);
    const fullPlace = [...at, ...place];
    if (issue.code === 'custom') return [faultAt(fullPlace, issue.message)];
    if (issue.code === 'unrecognized_keys') {
      const known = knownKeys.get(pathOf(place)) ?? [];
      return issue.keys.map((key) => faultAt([...fullPlace, key], unknownKey(key, fullPlace, known, schema)));
    }
    const fault = faultAt(fullPlace, told(issue.message, value, place));
    const union = unions.get(pathOf(place));
    if (union === undefined) return [fault];
    return [fault, ...faultsOfEveryOption(union, valueAt(value, place.slice(0, -1)), fullPlace.slice(0, -1))];
  });
  // One value can miss several bounds, and each tells them all.
  const bySentence = new Map(faults.map((fault) => [`${fault.path}: ${fault.message}`, fault]));
  return { faults: [...bySentence.values()] };
}

/** While the option of a union is unknown, only a fault that every option has is certain. */
function faultsOfEveryOption(
  union: z.ZodDiscriminatedUnion,
  value: unknown,
  at: readonly string[],
): readonly ShapeFault[] {
  const [first = [], ...others] = union.options.map(
    (option) => checkShape(option as z.ZodType, value, at).faults ?? [],
  );
  return first.filter(({ path, message }) =>
    others.every((faults) => faults.some((fault) => fault.path === path && fault.message === message)),
  );
}

const pathOf = (place: readonly PropertyKey[] | undefined): string => (place ?? []).map(String).join('.');

const faultAt = (place: readonly string[], message: string): ShapeFault => ({
  place,
  path: pathOf(place),
  message,
});

function told(message: string, value: unknown, place: readonly string[]): string {
  const found = valueAt(value, place);
  return found === undefined ? `is missing and ${message}` : `${message} (it is ${named(found)})`;
}

function valueAt(value: unknown, place: readonly string[]): unknown {
  return place.reduce<unknown>((inside, key) => {
    if (Array.isArray(inside)) return inside[Number(key)] as unknown;
    return isTree(inside) && Object.hasOwn(inside, key) ? inside[key] : undefined;
  }, value);
}

function unknownKey(
  key: string,
  place: readonly string[],
  known: readonly string[],
  schema: z.ZodType,
): string {
  const near = nearName(key, known);
  const meant = near === undefined ? placesOf(key, schema) : [[...place, near].join('.')];
  return meant.length > 0
    ? `is no key of the config; did you mean ${listed(meant)}?`
    : `is no key of the config; here it may be ${listed(known)}`;
}

/** Where else a key stands: one that is indented wrongly is right but for its place. */
function placesOf(key: string, schema: unknown, at: readonly string[] = []): string[] {
  if (!(schema instanceof z.ZodObject)) return [];
  return Object.entries(schema.shape).flatMap(([name, inner]) => {
    const below = placesOf(key, inner, [...at, name]);
    return name === key ? [[...at, name].join('.'), ...below] : below;
  });
}

/** The keys of the schema that did not recognize one. */
function keysOf(schema: unknown): readonly string[] {
  if (schema instanceof z.ZodObject) return Object.keys(schema.shape);
  return schema instanceof z.ZodRecord && schema.keyType instanceof z.ZodEnum
    ? schema.keyType.options.map(String)
    : [];
}

const KINDS: Readonly<Record<string, string>> = {
  object: 'a table of keys and values',
  record: 'a table of keys and values',
  array: 'a list',
  string: 'a text',
  boolean: 'true or false',
};

/** What is allowed, where the schema has no sentence of its own. */
function sentence(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${KINDS[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `must be ${listed(issue.values.map(named))}`;
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
  return union.options.flatMap(({ _zod }) => [...(_zod.propValues?.[discriminator] ?? [])].map(named));
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} or ${names.at(-1) ?? ''}`;
}
