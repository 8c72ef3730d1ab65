import {
  getOperationAST,
  getVariableValues,
  GraphQLScalarType,
  GraphQLSchema,
  Kind,
  parse,
  visit,
  type DocumentNode,
  type ExecutionResult,
  type TypeNode,
  type VariableDefinitionNode,
} from 'graphql';
import { compileQuery, isCompiledQuery } from 'graphql-jit';
import { LRUCache } from 'lru-cache';
import { isCompilable } from './compilable.js';

export type VariableValues = Readonly<Record<string, unknown>>;

export interface CompiledOperation {
  /** The variables as resolvers see them, or undefined when one of them is wrong. Runs no resolver. */
  readonly coerce: (variables: VariableValues) => VariableValues | undefined;
  /** Runs the operation once. The variables must come from {@link coerce}. */
  readonly execute: (context: unknown, coerced: VariableValues) => Promise<ExecutionResult> | ExecutionResult;
}

/**
 * A scalar through which coerced variables pass untouched. graphql-jit's own coercion ignores the
 * default of a non-null type, and does not end for an input type that contains itself.
 */
const AlreadyCoerced = new GraphQLScalarType({ name: 'AlreadyCoerced' });

/** Operations compiled by graphql-jit, of which the least recently used ones are forgotten. */
export class CompiledOperations {
  readonly #schema: GraphQLSchema;
  readonly #compilationSchema: GraphQLSchema;
  readonly #operations: LRUCache<string, CompiledOperation | 'not compiled'>;

  constructor(schema: GraphQLSchema, maxOperations: number) {
    const config = schema.toConfig();
    this.#schema = schema;
    this.#compilationSchema = new GraphQLSchema({
      ...config,
      types: [...config.types, AlreadyCoerced],
      assumeValid: true,
    });
    this.#operations = new LRUCache({ max: maxOperations });
  }

  get size(): number {
    return this.#operations.size;
  }

  /**
   * @param queryHash names the source; two sources never share one.
   * @param source a document that is valid for the schema.
   * @returns undefined for what graphql-js must run itself.
   */
  get(queryHash: string, source: string, operationName: string | undefined): CompiledOperation | undefined {
    const key = `${queryHash} ${operationName ?? ''}`;
    let operation = this.#operations.get(key);
    if (operation === undefined) {
      operation = this.#compile(source, operationName) ?? 'not compiled';
      this.#operations.set(key, operation);
    }
    return operation === 'not compiled' ? undefined : operation;
  }

  #compile(source: string, operationName: string | undefined): CompiledOperation | undefined {
    // Parsed anew, because graphql-jit writes notes of its own into the nodes it is given.
    const document = parse(source);
    const operation = getOperationAST(document, operationName);
    if (!operation || !isCompilable(this.#schema, document)) return undefined;

    const compiled = compileQuery(this.#compilationSchema, withCoercedVariables(document), operationName);
    if (!isCompiledQuery(compiled)) return undefined;

    const definitions = operation.variableDefinitions ?? [];
    return {
      coerce: (variables) =>
        getVariableValues(this.#schema, definitions, variables, { maxErrors: 1 }).coerced,
      execute: (context, coerced) => compiled.query(undefined, context, coerced),
    };
  }
}

function withCoercedVariables(document: DocumentNode): DocumentNode {
  const type: TypeNode = { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: AlreadyCoerced.name } };
  return visit(document, {
    VariableDefinition: ({ kind, variable }): VariableDefinitionNode => ({ kind, variable, type }),
  });
}
