import type { DocumentNode, GraphQLError, GraphQLSchema, OperationDefinitionNode } from 'graphql';
import { analyzeOperation, type AnalyzedOperation } from './analyzed-operation.js';
import { limitExceeded } from './limit-exceeded.js';
import { tooManyItems } from './list-items.js';
import { MAX_COST, operationCost, type OperationCost } from './operation-cost.js';

/** An operation within the limits. */
export interface CheckedOperation {
  /** Cost in points. */
  readonly cost: number;
  /** Whether it reads the schema. */
  readonly introspects: boolean;
}

interface Analysis {
  readonly operation: AnalyzedOperation;
  readonly cost: OperationCost;
  readonly introspects: boolean;
}

const INTROSPECTION: ReadonlySet<string> = new Set(['__schema', '__type']);

/** Applies the limits that depend on the variables of an operation, before any of its fields runs. */
export class OperationLimits {
  /** Each operation is analyzed once, because its parsed document is cached. */
  readonly #analyses = new WeakMap<OperationDefinitionNode, Analysis>();

  constructor(private readonly schema: GraphQLSchema) {}

  /**
   * Returns the error of an operation that exceeds a limit.
   *
   * @param document valid for the schema.
   */
  check(
    document: DocumentNode,
    node: OperationDefinitionNode,
    given: Readonly<Record<string, unknown>>,
  ): CheckedOperation | GraphQLError {
    const { operation, cost, introspects } = this.#analysisOf(document, node);
    const variables = { ...operation.defaults, ...given };
    const tooMany = tooManyItems(operation, variables);
    if (tooMany !== undefined) return tooMany;
    const points = cost(variables);
    if (points <= MAX_COST) return { cost: points, introspects };
    return limitExceeded(
      `The operation costs ${points} points, more than ${MAX_COST}. Select fewer fields, or lower first, limit, or points.`,
      node,
    );
  }

  #analysisOf(document: DocumentNode, node: OperationDefinitionNode): Analysis {
    let analysis = this.#analyses.get(node);
    if (analysis === undefined) {
      const operation = analyzeOperation(this.schema, document, node);
      analysis = {
        operation,
        cost: operationCost(operation),
        introspects: operation.fields.some(({ coordinate }) => INTROSPECTION.has(coordinate)),
      };
      this.#analyses.set(node, analysis);
    }
    return analysis;
  }
}
