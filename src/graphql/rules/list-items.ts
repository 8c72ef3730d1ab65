import type { GraphQLError } from 'graphql';
import { MAX_TOTAL_POINTS } from '../../catalog/market-history.js';
import type { AnalyzedField, AnalyzedOperation } from './analyzed-operation.js';
import { limitExceeded } from './limit-exceeded.js';
import type { Variables } from './variable-defaults.js';

/** Maximum number of list items that an operation may send or request, added over its fields. */
export const MAX_LIST_ITEMS = 2_000;

/**
 * Returns the error of an operation that requests too many list items or history points: the values of `first` and `limit`,
 * and the lengths of lists in arguments and input objects, from literals, variables, and defaults. The points of a history
 * count once for each item of the longest list around it, and the sections of a feed count once together.
 *
 * @param variables with the defaults of the operation.
 */
export function tooManyItems(operation: AnalyzedOperation, variables: Variables): GraphQLError | undefined {
  const { items, points } = total(operation.fields, variables);
  if (items > MAX_LIST_ITEMS) {
    return limitExceeded(
      `The operation sends or requests ${items} list items, more than ${MAX_LIST_ITEMS}. Lower first or limit, send shorter lists, or split it into several requests.`,
      operation.node,
    );
  }
  if (points > MAX_TOTAL_POINTS) {
    return limitExceeded(
      `The operation requests up to ${points} history points, more than ${MAX_TOTAL_POINTS}. Lower points, or the number of markets.`,
      operation.node,
    );
  }
  return undefined;
}

function total(fields: readonly AnalyzedField[], variables: Variables): { items: number; points: number } {
  const longest = new Map<AnalyzedField | undefined, number>([[undefined, 1]]);
  const pointsBySection = new Map<string, Map<string, number>>();
  let items = 0;
  let points = 0;
  for (const field of fields) {
    const { size, within, section } = field;
    if (size === undefined) continue;
    const around = longest.get(within) ?? 1;
    longest.set(field, Math.max(size.markets(variables), around));
    items += size.items(variables);
    const ofHistory = (size.points?.(variables) ?? 0) * around;
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
