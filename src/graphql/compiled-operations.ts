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
import { immutableRootField, withGivenRootResult, type RootField, type RootResult } from './root-field.js';

type VariableValues = Readonly<Record<string, unknown>>;

export interface CompiledOperation {
  /** Returns the variables as resolvers receive them, or undefined if one is invalid. Runs no resolver. */
  readonly coerce: (variables: VariableValues) => VariableValues | undefined;
  /** Executes the operation once. The variables must come from {@link coerce}. */
  readonly execute: (context: unknown, coerced: VariableValues) => Promise<ExecutionResult> | ExecutionResult;
  /** The same in two steps, if an immutable value of one root field alone decides the data: `execute` runs no resolver. */
  readonly root: ExecutableRoot | undefined;
}

export interface ExecutableRoot extends RootField {
  readonly execute: (result: RootResult) => Promise<ExecutionResult> | ExecutionResult;
}

/**
 * Scalar that passes already coerced variables through. graphql-jit's own coercion ignores the default of a non-null
 * type, and does not terminate for an input type that contains itself.
 */
const AlreadyCoerced = new GraphQLScalarType({ name: 'AlreadyCoerced' });

/**
 * Maximum number of fields of a compiled operation. graphql-jit expands every spread of a fragment, so a short document
 * can become a large program.
 */
export const MAX_FIELDS = 300;

/** Maximum length of a compiled document. The generated program repeats its names and literals. */
export const MAX_CHARACTERS = 10_000;

/** Maximum weight of all compiled operations together, in fields. A field takes 1 to 5 KB of memory. */
export const MAX_WEIGHT = 25_000;

/** Weight of a compiled operation without its fields. */
const BASE_WEIGHT = 5;
const CHARACTERS_PER_WEIGHT = 500;

/** Maximum number of remembered documents that were requested once. */
const MAX_REQUESTED_ONCE = 1_000;

/**
 * LRU cache of operations compiled by graphql-jit. Compiles an operation on its second request: compiling takes longer
 * than one execution by graphql-js, and a document that contains its values as literals is rarely requested again.
 */
export class CompiledOperations {
  readonly #schema: GraphQLSchema;
  readonly #compilationSchema: GraphQLSchema;
  readonly #rootResultSchema: GraphQLSchema;
  readonly #operations: LRUCache<string, CompiledOperation | 'not compiled'>;
  readonly #requestedOnce = new LRUCache<string, true>({ max: MAX_REQUESTED_ONCE });

  constructor(schema: GraphQLSchema, maxOperations: number) {
    const config = schema.toConfig();
    this.#schema = schema;
    this.#compilationSchema = new GraphQLSchema({
      ...config,
      types: [...config.types, AlreadyCoerced],
      assumeValid: true,
    });
    this.#rootResultSchema = withGivenRootResult(this.#compilationSchema);
    this.#operations = new LRUCache({ max: maxOperations, maxSize: MAX_WEIGHT });
  }

  get size(): number {
    return this.#operations.size;
  }

  /**
   * @param queryHash hash of the source, unique per source.
   * @param source document that is valid for the schema.
   * @returns undefined if graphql-js must execute the operation.
   */
  get(queryHash: string, source: string, operationName: string | undefined): CompiledOperation | undefined {
    // The operation name comes from the request and can be missing from the document.
    if (source.length + (operationName?.length ?? 0) > MAX_CHARACTERS) return undefined;
    const key = `${queryHash} ${operationName ?? ''}`;
    const known = this.#operations.get(key);
    if (known !== undefined) return known === 'not compiled' ? undefined : known;
    if (!this.#requestedOnce.delete(key)) {
      this.#requestedOnce.set(key, true);
      return undefined;
    }

    // Parsed again, because graphql-jit adds properties to the nodes of the document.
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

    const rootField = immutableRootField(this.#schema, document, operation);
    const compiled = compileQuery(
      rootField === undefined ? this.#compilationSchema : this.#rootResultSchema,
      withCoercedVariables(document),
      operationName,
    );
    if (!isCompiledQuery(compiled)) return undefined;

    const definitions = operation.variableDefinitions ?? [];
    const coerce: CompiledOperation['coerce'] = (variables) =>
      getVariableValues(this.#schema, definitions, variables, { maxErrors: 1 }).coerced;
    if (rootField === undefined)
      return {
        ...{ coerce, root: undefined },
        execute: (context, coerced) => compiled.query(undefined, context, coerced),
      };
    const root: ExecutableRoot = { ...rootField, execute: (result) => compiled.query(result, undefined, {}) };
    return {
      ...{ coerce, root },
      execute: async (context, coerced) => root.execute(await root.resolve(context, coerced)),
    };
  }
}

function withCoercedVariables(document: DocumentNode): DocumentNode {
  const type: TypeNode = { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: AlreadyCoerced.name } };
  return visit(document, {
    VariableDefinition: ({ kind, variable }): VariableDefinitionNode => ({ kind, variable, type }),
  });
}
