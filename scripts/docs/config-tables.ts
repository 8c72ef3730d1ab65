import { z } from 'zod';
import { needsRestart, valueAt } from '../../dist/config/config-values.js';
import { loadRankingConfig } from '../../dist/config/ranking-config.js';
import { rankingSchema } from '../../dist/config/schema/ranking-schema.js';
import { settingDocs } from '../../dist/config/settings.js';
import { upperBounds } from '../../dist/config/validation/cross-field-rules.js';
import { table } from './table.ts';

/** The parts of a JSON schema that the tables show. */
interface JsonSchema {
  readonly description?: string;
  readonly type?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly oneOf?: readonly JsonSchema[];
  readonly anyOf?: readonly JsonSchema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly maxItems?: number;
  readonly default?: unknown;
  readonly required?: readonly string[];
}

const schema = z.toJSONSchema(rankingSchema, { io: 'input' }) as JsonSchema;
const defaults = loadRankingConfig(undefined);

/** Table of the environment settings. */
export function settingsTable(): string {
  return table(
    ['name', 'default', 'meaning'],
    settingDocs.map(([name, fallback, meaning]) => [`\`${name}\``, fallback, meaning]),
  );
}

/** One section for each key at the top level of the ranking config. */
export function rankingSections(): string {
  return Object.entries(schema.properties ?? {})
    .map(([key, section]) => {
      const content = section.items === undefined ? valueTable(key, section) : entryTable(key, section);
      return [`#### \`${key}\``, section.description ?? '', content].join('\n\n');
    })
    .join('\n\n');
}

function valueTable(key: string, section: JsonSchema): string {
  return table(
    ['key', 'default', 'range', 'meaning'],
    leaves(section, [key]).map(({ path, leaf }) => [
      `\`${path}\`${restartMark(path)}`,
      formatted(valueAt(defaults, path.split('.'))),
      [range(leaf), ...bounds(path)].filter(Boolean).join(', '),
      leaf.description ?? '',
    ]),
  );
}

const restartMark = (path: string): string => (needsRestart(path) ? ' ↻' : '');

/** The values below a node that are not tables themselves. */
function leaves(node: JsonSchema, keys: readonly string[]): { path: string; leaf: JsonSchema }[] {
  if (node.properties === undefined) return [{ path: keys.join('.'), leaf: node }];
  return Object.entries(node.properties).flatMap(([key, inner]) => leaves(inner, [...keys, key]));
}

/** Limits that other values set. */
function bounds(path: string): string[] {
  const parent = path.slice(0, path.lastIndexOf('.') + 1);
  return upperBounds
    .filter((bound) => bound.path === path)
    .map(
      ({ limitPath }) => `≤ \`${limitPath.startsWith(parent) ? limitPath.slice(parent.length) : limitPath}\``,
    );
}

function range(node: JsonSchema): string {
  if (node.enum !== undefined) return node.enum.map(String).join(', ');
  if (node.type === 'boolean') return 'true, false';
  if (node.type === 'array') return node.maxItems === undefined ? '' : `≤ ${node.maxItems} entries`;
  const { minimum, exclusiveMinimum, maximum } = node;
  if (maximum === undefined) return '';
  if (minimum === maximum) return String(maximum);
  const interval =
    exclusiveMinimum === undefined ? `${minimum ?? ''}–${maximum}` : `>${exclusiveMinimum}–${maximum}`;
  return node.type === 'integer' ? `${interval}, whole` : interval;
}

function formatted(value: unknown): string {
  if (value === undefined) return '';
  return typeof value === 'object' ? `\`${flow(value)}\`` : flow(value);
}

/** YAML in flow style. */
function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value).replaceAll('"', '');
  return `{ ${Object.entries(value)
    .map(([key, inner]) => `${key}: ${flow(inner)}`)
    .join(', ')} }`;
}

/** A list of sinks or sources: the fields of an entry, with the types that have them. */
function entryTable(key: string, { items, maxItems }: JsonSchema): string {
  if (items?.properties !== undefined) return plainEntryTable(key, items, maxItems);
  const variants = items?.oneOf ?? items?.anyOf ?? [];
  const isConstant = ([, node]: [string, JsonSchema]): boolean => node.const !== undefined;
  const [discriminator = ''] = Object.entries(variants[0]?.properties ?? {}).find(isConstant) ?? [];
  const typeOf = (variant: JsonSchema): string => String(variant.properties?.[discriminator]?.const);
  const rows = new Map<string, { types: string[]; cells: string[] }>();
  for (const variant of variants) {
    for (const [field, node] of Object.entries(variant.properties ?? {})) {
      if (field === discriminator) continue;
      const isRequired = variant.required?.includes(field) ?? false;
      for (const { path, leaf } of leaves(node, [field])) {
        const cells = [
          `\`${path}\``,
          isRequired ? 'required' : formatted(leaf.default),
          range(leaf),
          leaf.description ?? '',
        ];
        const id = cells.join('|');
        const row = rows.get(id) ?? { types: [], cells };
        row.types.push(typeOf(variant));
        rows.set(id, row);
      }
    }
  }
  const types = variants.map(typeOf).join(', ');
  return [
    `\`${key}\`${restartMark(key)} is a list of at most ${maxItems ?? 0} entries, by default empty. An entry has these fields:`,
    table(
      ['field', discriminator, 'default', 'range', 'meaning'],
      [
        [`\`${discriminator}\``, 'all', 'required', types, 'kind of the entry'],
        ...[...rows.values()].map(({ types: own, cells: [field = '', ...others] }) => [
          field,
          own.length === variants.length ? 'all' : own.join(', '),
          ...others,
        ]),
      ],
    ),
  ].join('\n\n');
}

/** A list whose entries all have the same fields. */
function plainEntryTable(key: string, items: JsonSchema, maxItems = 0): string {
  const fields = Object.entries(items.properties ?? {}).flatMap(([field, node]) => {
    const isRequired = items.required?.includes(field) ?? false;
    return leaves(node, [field]).map(({ path, leaf }) => [
      `\`${path}\``,
      isRequired ? 'required' : formatted(leaf.default),
      range(leaf),
      leaf.description ?? '',
    ]);
  });
  return [
    `\`${key}\`${restartMark(key)} is a list of at most ${maxItems} entries, by default empty. An entry has these fields:`,
    table(['field', 'default', 'range', 'meaning'], fields),
  ].join('\n\n');
}
