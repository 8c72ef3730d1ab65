import {
  Kind,
  type ASTVisitor,
  type FieldNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValidationContext,
  type ValidationRule,
} from 'graphql';
import { foldSelections } from './fold-selections.js';
import { limitExceeded } from './limit-exceeded.js';

/** Maximum number of tokens in a document. */
export const MAX_TOKENS = 2_000;

/** Maximum number of reported errors in one document, and in one set of variables. */
export const MAX_ERRORS = 5;

/** Maximum number of aliases in an operation. Each spread of a fragment counts its aliases again. */
export const MAX_ALIASES = 200;

/** Maximum number of nested fields in an operation. A root field is level 1. */
export const MAX_DEPTH = 12;

/** Maximum number of directives in a document, on all its fields, fragments, and variables together. */
export const MAX_DIRECTIVES = 50;

/** Maximum number of root fields in an operation. */
export const MAX_ROOT_FIELDS = 60;

/** Maximum number of fields in an operation that are expensive: see {@link EXPENSIVE_ROOT_FIELDS}. */
export const MAX_EXPENSIVE_FIELDS = 10;

/** Root fields that rank, list, or write many items, and that share no work with each other. */
export const EXPENSIVE_ROOT_FIELDS: ReadonlySet<string> = new Set([
  'feed',
  'servedFeed',
  'explainFeed',
  'simulateFeed',
  'rankMarkets',
  'markets',
  'trending',
  'rising',
  'audienceInsights',
  'upsertMarkets',
  'trackInteractions',
  'trackImpressions',
]);

/** Fields below the root that are as expensive, by type and name. */
export const EXPENSIVE_NESTED_FIELDS: ReadonlySet<string> = new Set([
  'User.feed',
  'Feed.items',
  'ServedFeed.items',
  'Market.history',
]);

/** Root fields that may occur once in an operation, because each can rank or write more than a thousand markets. */
export const ONCE_ROOT_FIELDS: ReadonlySet<string> = new Set(['rankMarkets', 'upsertMarkets']);

/** Maximum number of ids of `marketsByIds`. */
export const MAX_MARKET_IDS = 100;

/** Rejects operations with more than {@link MAX_ALIASES} aliases, which can select one field any number of times. */
function aliasLimit(context: ValidationContext): ASTVisitor {
  const countAliases = foldSelections({
    fragment: (name) => context.getFragment(name),
    field: ({ alias }, below) => (alias === undefined ? 0 : 1) + below,
    join: (a, b) => a + b,
  });
  return {
    OperationDefinition: (node) => {
      if (countAliases(node.selectionSet) > MAX_ALIASES) {
        const message = `The operation has more than ${MAX_ALIASES} aliases, counting each spread of a fragment. Split it into several requests.`;
        context.reportError(limitExceeded(message, node));
      }
    },
  };
}

/** Rejects operations deeper than {@link MAX_DEPTH}, except introspection, which GraphQL limits itself. */
function depthLimit(context: ValidationContext): ASTVisitor {
  const depthOf = foldSelections({
    fragment: (name) => context.getFragment(name),
    field: ({ name }, below) => (name.value === '__schema' || name.value === '__type' ? 0 : 1 + below),
    join: Math.max,
  });
  return {
    OperationDefinition: (node) => {
      if (depthOf(node.selectionSet) > MAX_DEPTH) {
        const message = `The operation nests fields more than ${MAX_DEPTH} levels deep. Select fewer levels.`;
        context.reportError(limitExceeded(message, node));
      }
    },
  };
}

/** Rejects operations with too many root fields, each of which runs separately, or with too many expensive fields. */
function fieldLimits(context: ValidationContext): ASTVisitor {
  const operations: OperationDefinitionNode[] = [];
  const expensiveNodes = new Set<FieldNode>();
  const countNested = foldSelections({
    fragment: (name) => context.getFragment(name),
    field: (node, below) => (expensiveNodes.has(node) ? 1 : 0) + below,
    join: (a, b) => a + b,
  });
  const check = (operation: OperationDefinitionNode): void => {
    const fields = [...rootFields(context, operation.selectionSet).values()];
    const reject = (message: string): void => context.reportError(limitExceeded(message, operation));

    if (fields.length > MAX_ROOT_FIELDS) {
      reject(
        `The operation selects more than ${MAX_ROOT_FIELDS} root fields. Split it into several requests.`,
      );
    }
    const expensive = fields
      .map(({ name, selections }) =>
        selections.reduce(
          (sum, { selectionSet }) => sum + countNested(selectionSet),
          EXPENSIVE_ROOT_FIELDS.has(name) ? 1 : 0,
        ),
      )
      .reduce((sum, count) => sum + count, 0);
    if (expensive > MAX_EXPENSIVE_FIELDS) {
      const names = [...EXPENSIVE_ROOT_FIELDS, ...EXPENSIVE_NESTED_FIELDS].join(', ');
      reject(
        `The operation selects more than ${MAX_EXPENSIVE_FIELDS} of these fields: ${names}. Split it into several requests.`,
      );
    }
    for (const once of ONCE_ROOT_FIELDS) {
      if (fields.filter(({ name }) => name === once).length > 1) {
        reject(`The operation selects ${once} more than once. Send one request for each.`);
      }
    }
  };
  return {
    OperationDefinition: (node) => {
      operations.push(node);
    },
    Field: (node) => {
      const parent = context.getParentType()?.name ?? '';
      if (EXPENSIVE_NESTED_FIELDS.has(`${parent}.${node.name.value}`)) expensiveNodes.add(node);
    },
    Document: { leave: () => operations.forEach(check) },
  };
}

/** A root field that runs once. */
interface RootField {
  readonly name: string;
  /** Selections under its response name, whose subselections GraphQL merges. */
  readonly selections: FieldNode[];
}

/**
 * Returns the root fields by their response name, because selections of the same response name run once. Visits each
 * fragment once for the same reason.
 */
function rootFields(context: ValidationContext, root: SelectionSetNode): Map<string, RootField> {
  const fields = new Map<string, RootField>();
  const seen = new Set<string>();
  const pending = [root];
  for (let set = pending.pop(); set !== undefined; set = pending.pop()) {
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) {
        const responseName = (selection.alias ?? selection.name).value;
        const field = fields.get(responseName);
        if (field !== undefined) field.selections.push(selection);
        else fields.set(responseName, { name: selection.name.value, selections: [selection] });
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        pending.push(selection.selectionSet);
      } else if (!seen.has(selection.name.value)) {
        seen.add(selection.name.value);
        const fragment = context.getFragment(selection.name.value);
        if (fragment) pending.push(fragment.selectionSet);
      }
    }
  }
  return fields;
}

/** Rejects documents with more than {@link MAX_DIRECTIVES} directives, whether or not they exist. */
function directiveLimit(context: ValidationContext): ASTVisitor {
  let count = 0;
  return {
    Directive: (node) => {
      count += 1;
      if (count !== MAX_DIRECTIVES + 1) return;
      const message = `The document has more than ${MAX_DIRECTIVES} directives. Split it into several requests.`;
      context.reportError(limitExceeded(message, node));
    },
  };
}

/** Rules for every document, over HTTP and WebSocket, in addition to those of the GraphQL specification. */
export const limitRules: readonly ValidationRule[] = [directiveLimit, depthLimit, fieldLimits, aliasLimit];
