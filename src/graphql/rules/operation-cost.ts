import { GRID_SIZE } from '../../scoring/v1/page-layout.js';
import type { AnalyzedField, AnalyzedOperation, Count } from './analyzed-operation.js';
import type { Variables } from './variable-defaults.js';

/** Maximum cost of an operation, in points. */
export const MAX_COST = 250_000;

/** Points of every operation. */
export const BASE_COST = 100;

/** Points of an operation that is rejected: one for each character of its document. */
export function rejectionCost(source = ''): number {
  return Math.min(MAX_COST, BASE_COST + source.length);
}

/** Points of a field, each time it is resolved. A field that is not listed costs 1. */
export const FIELD_COSTS: Readonly<Record<string, number>> = {
  'Query.feed': 200,
  'User.feed': 200,
  'Query.rankMarkets': 200,
  'Query.servedFeed': 100,
  'Feed.items': 100,
  'ServedFeed.items': 100,
  'Query.explainFeed': 5_000,
  'Query.simulateFeed': 1_000,
  'Query.markets': 300,
  'Query.trending': 50,
  'Query.rising': 50,
  'Query.userProfile': 50,
  'User.profile': 50,
  'Market.history': 50,
  'Market.description': 50,
  'Market.editorialDescription': 50,
  'Query.sinks': 500,
  'Query.audienceInsights': 500,
  'Mutation.runJob': 1_000,
  'Mutation.trackInteraction': 200,
  'Query.personalizationSettings': 50,
  'User.personalizationSettings': 50,
  'Mutation.updatePersonalizationSettings': 1_000,
  'Mutation.eraseUser': 20_000,
  'Mutation.mergeUsers': 20_000,
  __schema: 5_000,
  __type: 500,
};

/** Points of an export. */
export const EXPORT_COST = 20_000;

/** Points of each item that a field is sent. Items of other fields cost 1. */
export const ITEM_COSTS = {
  'Mutation.trackInteractions': 50,
  'Mutation.trackImpressions': 20,
  'Mutation.upsertMarkets': 50,
} as const satisfies Readonly<Record<string, number>>;

/** Assumed lengths of lists of objects whose length no argument determines. */
export const LIST_LENGTHS: Readonly<Record<string, number>> = { 'Feed.grid': GRID_SIZE };

/** The same for lists that are not listed. */
export const OTHER_LIST_LENGTH = 10;

/** Computes the cost of an operation for the variables of a request, which include the defaults of the operation. */
export type OperationCost = (variables: Variables) => number;

/** A field with selections or with a size; fields without either are part of the one above. */
interface CostedField {
  /** Index of the field above among the costed fields; -1 at the root. */
  readonly above: number;
  /** Points of the field itself, each time it is resolved. */
  readonly own: Count;
  /** Number of objects that it returns each time. */
  readonly length: Count;
  /** Points of the fields without selections below it, for each object. */
  values: number;
}

/**
 * Returns the cost of an operation: {@link BASE_COST}, and for each field its points times the number of objects that it is
 * resolved on. A list of objects has the length of the items that its field requests or is sent, or that the nearest field
 * above requests or is sent, if no list is between them.
 */
export function operationCost({ fields }: AnalyzedOperation): OperationCost {
  const costed: CostedField[] = [];
  const indexOf = new Map<AnalyzedField | undefined, number>([[undefined, -1]]);
  let rootValues = BASE_COST;
  for (const field of fields) {
    const above = indexOf.get(field.above) ?? -1;
    if (field.hasSelections || field.size !== undefined) {
      indexOf.set(field, costed.length);
      costed.push({ above, own: ownCost(field), length: lengthOf(field), values: 0 });
    } else {
      const parent = costed[above];
      const points = FIELD_COSTS[field.coordinate] ?? 1;
      if (parent === undefined) rootValues += points;
      else parent.values += points;
    }
  }
  return (variables) => {
    const objects: number[] = [];
    let cost = rootValues;
    for (const { above, own, length, values } of costed) {
      const times = objects[above] ?? 1;
      const count = times * length(variables);
      objects.push(count);
      cost += times * own(variables) + count * values;
    }
    return cost;
  };
}

function ownCost({ coordinate, size }: AnalyzedField): Count {
  const points = FIELD_COSTS[coordinate] ?? 1;
  if (size === undefined) return () => points;
  const perItem = (ITEM_COSTS as Readonly<Record<string, number>>)[coordinate] ?? 1;
  return (variables) => points + perItem * size.sent(variables);
}

function lengthOf(field: AnalyzedField): Count {
  if (!field.isObjectList) return () => 1;
  const fixed = LIST_LENGTHS[field.coordinate];
  if (fixed !== undefined) return () => fixed;
  const { size } = nearestSized(field) ?? {};
  if (size === undefined) return () => OTHER_LIST_LENGTH;
  return (variables) => size.points?.(variables) ?? (size.items(variables) || OTHER_LIST_LENGTH);
}

/** Returns the field, or the nearest one above it, that has a size, unless another list is between them. */
function nearestSized(list: AnalyzedField): AnalyzedField | undefined {
  let field: AnalyzedField | undefined = list;
  while (field !== undefined && field.size === undefined) {
    field = field.above;
    if (field?.isObjectList === true) return undefined;
  }
  return field;
}
