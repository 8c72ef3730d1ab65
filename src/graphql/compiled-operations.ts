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
import { expandedFieldCount, isCompilable } from './compilable.js';

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

/**
 * Above this many fields an operation is not compiled. graphql-jit writes a fragment out wherever it is
 * spread, so that a short document can become a large program.
 */
export const MAX_FIELDS = 300;

/** Above this length a document is not compiled, since the program repeats its names and its text. */
export const MAX_CHARACTERS = 10_000;

/** What all compiled operations may weigh together, in fields; a field keeps 1 to 5 KB in memory. */
export const MAX_WEIGHT = 25_000;

/** What a compiled operation weighs besides its fields. */
const BASE_WEIGHT = 5;
const CHARACTERS_PER_WEIGHT = 500;

/** How many documents that were met once are remembered. */
const MAX_MET_ONCE = 1_000;

/**
 * Operations compiled by graphql-jit, of which the least recently used ones are forgotten. One is compiled
 * when it is met for the second time: a document with its values written into it seldom comes again, and
 * compiling takes longer than graphql-js takes to run it.
 */
export class CompiledOperations {
  readonly #schema: GraphQLSchema;
  readonly #compilationSchema: GraphQLSchema;
  readonly #operations: LRUCache<string, CompiledOperation | 'not compiled'>;
  readonly #metOnce = new LRUCache<string, true>({ max: MAX_MET_ONCE });

  constructor(schema: GraphQLSchema, maxOperations: number) {
    const config = schema.toConfig();
    this.#schema = schema;
    this.#compilationSchema = new GraphQLSchema({
      ...config,
      types: [...config.types, AlreadyCoerced],
      assumeValid: true,
    });
    this.#operations = new LRUCache({ max: maxOperations, maxSize: MAX_WEIGHT });
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
    // The name comes from the request and need not be one of the document's.
    if (source.length + (operationName?.length ?? 0) > MAX_CHARACTERS) return undefined;
    const key = `${queryHash} ${operationName ?? ''}`;
    const known = this.#operations.get(key);
    if (known !== undefined) return known === 'not compiled' ? undefined : known;
    if (!this.#metOnce.delete(key)) {
      this.#metOnce.set(key, true);
      return undefined;
    }

    // Parsed anew, because graphql-jit writes notes of its own into the nodes it is given.
    const document = parse(source);
    const fields = expandedFieldCount(document);
    const operation = fields > MAX_FIELDS ? undefined : this.#compile(document, operationName);
    const weight = BASE_WEIGHT + fields + Math.ceil(source.length / CHARACTERS_PER_WEIGHT);
    this.#operations.set(key, operation ?? 'not compiled', { size: operation === undefined ? 1 : weight });
    return operation;
  }

  #compile(document: DocumentNode, operationName: string | undefined): CompiledOperation | undefined {
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
