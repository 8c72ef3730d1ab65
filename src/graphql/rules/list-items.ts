import type { GraphQLError } from 'graphql';
import {
  Kind,
  valueFromASTUntyped,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLArgument,
  type GraphQLObjectType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValueNode,
  getNamedType,
  isObjectType,
} from 'graphql';
import { MAX_TOTAL_POINTS } from '../../catalog/market-history.js';
import { limitExceeded } from './limit-exceeded.js';

/** Maximum number of list items that an operation may send or request, added over its fields. */
export const MAX_LIST_ITEMS = 2_000;

/** Arguments that name a number of items. */
const ITEM_COUNTS: ReadonlySet<string> = new Set(['first', 'limit']);

/** Argument that names a number of points of each market. */
const POINT_COUNT = 'points';

/** Number of items of a field whose argument and its default are null. */
const DEFAULT_ITEMS = 20;
const DEFAULT_POINTS = 100;

type Variables = Readonly<Record<string, unknown>>;
type Count = (variables: Variables) => number;

/** What determines the number of items of an operation. */
interface Analysis {
  /** Outer fields first. */
  readonly fields: readonly SizedField[];
  /** Default values of the variables. */
  readonly defaults: Variables;
}

/** A field with an argument that determines the length of a list. */
interface SizedField {
  readonly items: readonly Count[];
  readonly points: Count | undefined;
  /** The nearest such field above. */
  readonly within: SizedField | undefined;
}

/**
 * Counts the list items and history points that operations request: the values of `first` and `limit`, and the lengths of
 * lists in arguments and input objects, from literals, variables, and defaults. The points of a history count once for each
 * item of the longest list around it.
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

function defaultsOf({ variableDefinitions = [] }: OperationDefinitionNode): Variables {
  return Object.fromEntries(
    variableDefinitions.flatMap(({ variable, defaultValue }) =>
      defaultValue === undefined ? [] : [[variable.name.value, valueFromASTUntyped(defaultValue)]],
    ),
  );
}

function total(fields: readonly SizedField[], variables: Variables): { items: number; points: number } {
  const longest = new Map<SizedField | undefined, number>([[undefined, 1]]);
  let items = 0;
  let points = 0;
  for (const field of fields) {
    const own = field.items.reduce((sum, count) => sum + count(variables), 0);
    const around = longest.get(field.within) ?? 1;
    longest.set(field, Math.max(own, around));
    items += own;
    points += (field.points?.(variables) ?? 0) * around;
  }
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
  ): void => {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        const below = `${path}.${(selection.alias ?? selection.name).value}`;
        const definition = type?.getFields()[selection.name.value];
        let field = found.get(below);
        if (field === undefined && definition !== undefined) {
          field = sizedField(selection, definition.args, within);
          if (field !== undefined) found.set(below, field);
        }
        const named = definition === undefined ? undefined : getNamedType(definition.type);
        if (selection.selectionSet) {
          visit(selection.selectionSet, isObjectType(named) ? named : undefined, below, field ?? within);
        }
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        visit(selection.selectionSet, type, path, within);
      } else {
        const name = selection.name.value;
        const fragment = fragments.get(name);
        // Once per place, so that fragments that spread others several times take linear time.
        const spread = `${path} ${name}`;
        if (fragment === undefined || visited.has(spread)) continue;
        visited.add(spread);
        visit(fragment.selectionSet, type, path, within);
      }
    }
  };
  visit(operation.selectionSet, schema.getRootType(operation.operation) ?? undefined, '', undefined);
  return [...found.values()];
}

function sizedField(
  { arguments: given = [] }: FieldNode,
  args: readonly GraphQLArgument[],
  within: SizedField | undefined,
): SizedField | undefined {
  const items: Count[] = [];
  let points: Count | undefined;
  for (const { name, defaultValue } of args) {
    const value = given.find((argument) => argument.name.value === name)?.value;
    if (name === POINT_COUNT) {
      points = numberOf(value, typeof defaultValue === 'number' ? defaultValue : DEFAULT_POINTS);
    } else if (ITEM_COUNTS.has(name)) {
      items.push(numberOf(value, typeof defaultValue === 'number' ? defaultValue : DEFAULT_ITEMS));
    } else if (value !== undefined) {
      items.push((variables) => lengthOf(valueFromASTUntyped(value, variables)));
    }
  }
  return items.length === 0 && points === undefined ? undefined : { items, points, within };
}

function numberOf(value: ValueNode | undefined, fallback: number): Count {
  if (value === undefined) return () => fallback;
  return (variables) => {
    const number = valueFromASTUntyped(value, variables);
    return typeof number === 'number' ? Math.max(0, number) : fallback;
  };
}

/** The length of a list, or of the lists in an input object. */
function lengthOf(value: unknown): number {
  if (Array.isArray(value)) return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce<number>(
    (sum, inner) => sum + (Array.isArray(inner) ? inner.length : 0),
    0,
  );
}
