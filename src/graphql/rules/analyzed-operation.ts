import {
  Kind,
  valueFromASTUntyped,
  type DocumentNode,
  type FieldNode,
  type GraphQLArgument,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLOutputType,
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
import { DEFAULT_POINTS } from '../../catalog/market-history.js';
import { DEFAULT_LIMIT } from '../../lib/input/page-size.js';
import { fragmentsOf } from './fragments.js';
import { defaultsOf, type Variables } from './variable-defaults.js';

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

/** Larger numbers count as this one, so that sums and products of counts stay finite. */
const MAX_COUNT = 1_000_000;

export type Count = (variables: Variables) => number;

/** The fields of an operation. The counts depend on the variables; everything else is the same for each request. */
export interface AnalyzedOperation {
  readonly node: OperationDefinitionNode;
  /** Each field once that several selections request under the same response name; outer fields first. */
  readonly fields: readonly AnalyzedField[];
  /** Default values of the variables. */
  readonly defaults: Variables;
}

export interface AnalyzedField {
  /** Type and name, such as `Query.feed`; only the name of an introspection field. */
  readonly coordinate: string;
  readonly above: AnalyzedField | undefined;
  /** The nearest field above with a size. */
  readonly within: AnalyzedField | undefined;
  readonly section: Section | undefined;
  readonly size: FieldSize | undefined;
  readonly hasSelections: boolean;
  /** Whether the field returns a list of objects. */
  readonly isObjectList: boolean;
}

/** Lengths of lists, by the arguments of a field. */
interface FieldSize {
  /** Items that the field sends in arguments. */
  readonly sent: Count;
  /** Items that the field sends or requests. */
  readonly items: Count;
  /** Maximum number of stored markets that the field returns. */
  readonly markets: Count;
  readonly points: Count | undefined;
}

/** Section of a feed that a field is in. */
interface Section {
  /** Path of the feed. */
  readonly feed: string;
  readonly name: string;
}

/**
 * Analyzes an operation, in linear time.
 *
 * @param document valid for the schema.
 */
export function analyzeOperation(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): AnalyzedOperation {
  const fragments = fragmentsOf(document);
  const found = new Map<string, AnalyzedField>();
  const visited = new Set<string>();

  const visitField = (node: FieldNode, parent: Parent): void => {
    const { type, path, above } = parent;
    const name = node.name.value;
    const below = `${path}.${(node.alias ?? node.name).value}`;
    const definition = type?.getFields()[name];
    const isSection = SECTIONS.get(type?.name ?? '')?.has(name) === true;
    let field = found.get(below);
    if (field === undefined) {
      const named = definition && getNamedType(definition.type);
      field = {
        coordinate: definition === undefined || type === undefined ? name : `${type.name}.${name}`,
        ...{ above, within: above?.size === undefined ? above?.within : above },
        section: isSection ? { feed: path, name } : above?.section,
        size: definition && sizeOf(node, definition.args),
        hasSelections: node.selectionSet !== undefined,
        isObjectList: isObjectType(named) && isList(definition?.type),
      };
      found.set(below, field);
    }
    if (node.selectionSet === undefined) return;
    const named = definition && getNamedType(definition.type);
    visit(node.selectionSet, { type: isObjectType(named) ? named : undefined, path: below, above: field });
  };
  const visit = ({ selections }: SelectionSetNode, parent: Parent): void => {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        visitField(selection, parent);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        visit(selection.selectionSet, parent);
      } else {
        const fragment = fragments.get(selection.name.value);
        // Once per path, so that fragments that spread others several times take linear time.
        const spread = `${parent.path} ${selection.name.value}`;
        if (fragment === undefined || visited.has(spread)) continue;
        visited.add(spread);
        visit(fragment.selectionSet, parent);
      }
    }
  };
  visit(operation.selectionSet, {
    type: schema.getRootType(operation.operation) ?? undefined,
    path: '',
    above: undefined,
  });
  return { node: operation, fields: [...found.values()], defaults: defaultsOf(operation) };
}

/** The object whose fields are visited. */
interface Parent {
  readonly type: GraphQLObjectType | undefined;
  /** Response names from the root, each after a dot. */
  readonly path: string;
  readonly above: AnalyzedField | undefined;
}

function isList(type: GraphQLOutputType | undefined): boolean {
  return type !== undefined && isListType(getNullableType(type));
}

function sizeOf(
  { arguments: given = [] }: FieldNode,
  args: readonly GraphQLArgument[],
): FieldSize | undefined {
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
    } else if (value !== undefined && hasLists(type)) {
      const items: Count = (variables) => itemsIn(valueFromASTUntyped(value, variables), type);
      sent.push(items);
      if (!WITHOUT_RESULTS.has(name)) described.push(items);
    }
  }
  if (requested.length === 0 && sent.length === 0 && points === undefined) return undefined;
  return {
    sent: sumOf(sent),
    items: sumOf([...requested, ...sent]),
    // If a number of items is requested, lists in other arguments, such as those of a filter, do not lengthen the result.
    markets: sumOf(requested.length > 0 ? requested : described),
    points,
  };
}

function hasLists(type: GraphQLInputType): boolean {
  const nullable = getNullableType(type);
  return isListType(nullable) || isInputObjectType(nullable);
}

function sumOf(counts: readonly Count[]): Count {
  return (variables) => counts.reduce((sum, count) => sum + count(variables), 0);
}

function numberOf(value: ValueNode | undefined, fallback: number): Count {
  if (value === undefined) return () => fallback;
  return (variables) => {
    const number = valueFromASTUntyped(value, variables);
    return typeof number === 'number' ? Math.min(Math.max(0, number), MAX_COUNT) : fallback;
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
