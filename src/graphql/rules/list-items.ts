import type { GraphQLError } from 'graphql';
import {
  Kind,
  valueFromASTUntyped,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLArgument,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValueNode,
  getNamedType,
  getNullableType,
  isInputObjectType,
  isListType,
  isObjectType,
} from 'graphql';
import { DEFAULT_POINTS, MAX_TOTAL_POINTS } from '../../catalog/market-history.js';
import { DEFAULT_LIMIT } from '../../lib/input/page-size.js';
import { limitExceeded } from './limit-exceeded.js';
import { defaultsOf, type Variables } from './variable-defaults.js';

/** Maximum number of list items that an operation may send or request, added over its fields. */
export const MAX_LIST_ITEMS = 2_000;

/** Arguments that name a number of items. */
const ITEM_COUNTS: ReadonlySet<string> = new Set(['first', 'limit']);

/** Argument that names a number of points of each market. */
const POINT_COUNT = 'points';

/** Fields that share the items of their feed out among themselves, by type: a market is in one of them. */
const SECTIONS: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['Feed', new Set(['hero', 'grid', 'stream'])],
]);

/** Arguments whose lists add no stored market to the result, so that they have no histories. */
const WITHOUT_RESULTS: ReadonlySet<string> = new Set(['candidates']);

type Count = (variables: Variables) => number;

/** Parts of an operation that determine its number of items. */
interface Analysis {
  /** Outer fields first. */
  readonly fields: readonly SizedField[];
  /** Default values of the variables. */
  readonly defaults: Variables;
}

/** A field with an argument that determines the length of a list. */
interface SizedField {
  /** Items that the operation sends or requests. */
  readonly items: Count;
  /** Maximum length of the list that the field returns. */
  readonly length: Count;
  readonly points: Count | undefined;
  /** The nearest such field above. */
  readonly within: SizedField | undefined;
  readonly section: Section | undefined;
}

/** Section of a feed that a field is in. */
interface Section {
  /** Path of the feed. */
  readonly feed: string;
  readonly name: string;
}

/**
 * Counts the list items and history points that operations request: the values of `first` and `limit`, and the lengths of
 * lists in arguments and input objects, from literals, variables, and defaults. The points of a history count once for each
 * item of the longest list around it, and the sections of a feed count once together.
 */
export class ListItemLimit {
  /** Each document is analyzed once; Apollo Server caches the parsed documents. */
  readonly #analyses = new WeakMap<OperationDefinitionNode, Analysis>();

  constructor(private readonly schema: GraphQLSchema) {}

  /**
   * Returns the error of an operation that requests too many items.
   *
   * @param document valid for the schema.
   */
  check(
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Variables,
  ): GraphQLError | undefined {
    let analysis = this.#analyses.get(operation);
    if (analysis === undefined) {
      analysis = { fields: sizedFields(this.schema, document, operation), defaults: defaultsOf(operation) };
      this.#analyses.set(operation, analysis);
    }
    const { fields, defaults } = analysis;
    if (fields.length === 0) return undefined;
    const { items, points } = total(fields, { ...defaults, ...variables });
    if (items > MAX_LIST_ITEMS) {
      return limitExceeded(
        `The operation sends or requests ${items} list items, more than ${MAX_LIST_ITEMS}. Lower first or limit, send shorter lists, or split it into several requests.`,
        operation,
      );
    }
    if (points > MAX_TOTAL_POINTS) {
      return limitExceeded(
        `The operation requests up to ${points} history points, more than ${MAX_TOTAL_POINTS}. Lower points, or the number of markets.`,
        operation,
      );
    }
    return undefined;
  }
}

function total(fields: readonly SizedField[], variables: Variables): { items: number; points: number } {
  const longest = new Map<SizedField | undefined, number>([[undefined, 1]]);
  const pointsBySection = new Map<string, Map<string, number>>();
  let items = 0;
  let points = 0;
  for (const field of fields) {
    const { within, section } = field;
    const around = longest.get(within) ?? 1;
    longest.set(field, Math.max(field.length(variables), around));
    items += field.items(variables);
    const ofHistory = (field.points?.(variables) ?? 0) * around;
    if (section === undefined) {
      points += ofHistory;
    } else {
      const sections = pointsBySection.get(section.feed) ?? new Map<string, number>();
      pointsBySection.set(section.feed, sections);
      sections.set(section.name, (sections.get(section.name) ?? 0) + ofHistory);
    }
  }
  for (const sections of pointsBySection.values()) points += Math.max(...sections.values());
  return { items, points };
}

/** Returns each field once that several selections request under the same response name. */
function sizedFields(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): readonly SizedField[] {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const found = new Map<string, SizedField>();
  const visited = new Set<string>();

  const visit = (
    { selections }: SelectionSetNode,
    type: GraphQLObjectType | undefined,
    path: string,
    within: SizedField | undefined,
    section: Section | undefined,
  ): void => {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        const name = selection.name.value;
        const below = `${path}.${(selection.alias ?? selection.name).value}`;
        const definition = type?.getFields()[name];
        const isSection = SECTIONS.get(type?.name ?? '')?.has(name) === true;
        const nearest = isSection ? { feed: path, name } : section;
        let field = found.get(below);
        if (field === undefined && definition !== undefined) {
          field = sizedField(selection, definition.args, within, nearest);
          if (field !== undefined) found.set(below, field);
        }
        const named = definition === undefined ? undefined : getNamedType(definition.type);
        if (selection.selectionSet) {
          visit(
            selection.selectionSet,
            isObjectType(named) ? named : undefined,
            below,
            field ?? within,
            nearest,
          );
        }
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        visit(selection.selectionSet, type, path, within, section);
      } else {
        const name = selection.name.value;
        const fragment = fragments.get(name);
        // Once per place, so that fragments that spread others several times take linear time.
        const spread = `${path} ${name}`;
        if (fragment === undefined || visited.has(spread)) continue;
        visited.add(spread);
        visit(fragment.selectionSet, type, path, within, section);
      }
    }
  };
  visit(
    operation.selectionSet,
    schema.getRootType(operation.operation) ?? undefined,
    '',
    undefined,
    undefined,
  );
  return [...found.values()];
}

function sizedField(
  { arguments: given = [] }: FieldNode,
  args: readonly GraphQLArgument[],
  within: SizedField | undefined,
  section: Section | undefined,
): SizedField | undefined {
  const requested: Count[] = [];
  const sent: Count[] = [];
  const described: Count[] = [];
  let points: Count | undefined;
  for (const { name, type, defaultValue } of args) {
    const value = given.find((argument) => argument.name.value === name)?.value;
    if (name === POINT_COUNT) {
      points = numberOf(value, typeof defaultValue === 'number' ? defaultValue : DEFAULT_POINTS);
    } else if (ITEM_COUNTS.has(name)) {
      requested.push(numberOf(value, typeof defaultValue === 'number' ? defaultValue : DEFAULT_LIMIT));
    } else if (value !== undefined) {
      const items: Count = (variables) => itemsIn(valueFromASTUntyped(value, variables), type);
      sent.push(items);
      if (!WITHOUT_RESULTS.has(name)) described.push(items);
    }
  }
  if (requested.length === 0 && sent.length === 0 && points === undefined) return undefined;
  return {
    items: sumOf([...requested, ...sent]),
    // If a number of items is requested, lists in other arguments, such as those of a filter, do not lengthen the result.
    length: sumOf(requested.length > 0 ? requested : described),
    ...{ points, within, section },
  };
}

function sumOf(counts: readonly Count[]): Count {
  return (variables) => counts.reduce((sum, count) => sum + count(variables), 0);
}

function numberOf(value: ValueNode | undefined, fallback: number): Count {
  if (value === undefined) return () => fallback;
  return (variables) => {
    const number = valueFromASTUntyped(value, variables);
    return typeof number === 'number' ? Math.max(0, number) : fallback;
  };
}

/**
 * The number of items of a list, or of the lists in an input object and the objects in it. Lists within items, such as the
 * tags of markets, are not counted: their own limits apply. Neither are those in JSON, which is one value.
 */
function itemsIn(value: unknown, type: GraphQLInputType): number {
  const nullable = getNullableType(type);
  if (isListType(nullable)) return Array.isArray(value) ? value.length : 0;
  if (!isInputObjectType(nullable) || typeof value !== 'object' || value === null) return 0;
  const fields = nullable.getFields();
  return Object.entries(value).reduce((sum, [name, inner]) => {
    const field = fields[name];
    return field === undefined ? sum : sum + itemsIn(inner, field.type);
  }, 0);
}
