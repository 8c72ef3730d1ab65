import { ApolloServerErrorCode } from '@apollo/server/errors';
import {
  createSourceEventStream,
  execute,
  getOperationAST,
  getVariableValues,
  GraphQLError,
  OperationTypeNode,
  parse,
  specifiedRules,
  validate,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLSchema,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import type { Viewer } from '../auth/viewer.js';
import { LIMIT_EXCEEDED } from '../lib/errors.js';
import { isTooDeep, TOO_DEEP } from '../lib/input/json-depth.js';
import { limitRules, MAX_ERRORS, MAX_TOKENS } from './rules/limits.js';
import { noDatabaseFields } from './rules/no-database-fields.js';
import { OperationLimits } from './rules/operation-limits.js';
import { tooRepetitive } from './rules/repetition.js';
import type { OperationAccess } from './rules/operation-access.js';
import { rootConditions } from './subscription-conditions.js';

/** Payload of a `subscribe` message. */
export interface SubscriptionRequest {
  readonly query: string;
  readonly operationName?: string | null | undefined;
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined;
}

/** Maximum characters of all cached documents. Subscribers of one page send the same document, and reconnect together. */
const MAX_CACHED_CHARACTERS = 500_000;

/** A valid request. */
interface ValidSubscription {
  readonly args: ExecutionArgs;
  /** Cost in points. */
  readonly cost: number;
}

/** Validates subscription requests by the same rules and with the same error codes as requests over HTTP. */
export class SubscriptionValidator {
  readonly #documents = new LRUCache<string, DocumentNode>({
    maxSize: MAX_CACHED_CHARACTERS,
    sizeCalculation: (_document, query) => query.length + 1,
  });

  readonly #limits: OperationLimits;

  constructor(
    private readonly schema: GraphQLSchema,
    private readonly access: OperationAccess,
  ) {
    this.#limits = new OperationLimits(schema);
  }

  /** Returns the arguments to execute, or the errors of a request that is invalid, or that the viewer may not send. */
  validate(request: SubscriptionRequest, viewer: Viewer): ValidSubscription | readonly GraphQLError[] {
    const { schema } = this;
    if (isTooDeep(request)) return [requestError(TOO_DEEP, LIMIT_EXCEEDED)];
    const document = this.#document(request.query);
    if (!('kind' in document)) return document;

    const operation = getOperationAST(document, request.operationName);
    if (!operation) {
      const message =
        'The document has no operation with this operationName, or it has several and operationName is missing.';
      return [requestError(message, ApolloServerErrorCode.OPERATION_RESOLUTION_FAILURE)];
    }
    if (operation.operation !== OperationTypeNode.SUBSCRIPTION) {
      const message =
        'WebSocket connections accept only subscriptions. Send queries and mutations over HTTP.';
      return [requestError(message, ApolloServerErrorCode.BAD_REQUEST)];
    }
    const { errors } = getVariableValues(
      schema,
      operation.variableDefinitions ?? [],
      request.variables ?? {},
      { maxErrors: MAX_ERRORS },
    );
    if (errors !== undefined)
      return errors.map((error) => withCode(error, ApolloServerErrorCode.BAD_USER_INPUT));
    const denied = this.access.check(document, operation, request.variables ?? {}, viewer);
    if (denied !== undefined) return [denied];
    const checked = this.#limits.check(document, operation, request.variables ?? {});
    if (checked instanceof GraphQLError) return [checked];
    const { variables: variableValues, operationName } = request;
    return { args: { schema, document, variableValues, operationName }, cost: checked.cost };
  }

  #document(query: string): DocumentNode | readonly GraphQLError[] {
    const cached = this.#documents.get(query);
    if (cached !== undefined) return cached;
    let document: DocumentNode;
    try {
      document = parse(query, { maxLexicalTokens: MAX_TOKENS });
    } catch (error) {
      if (!(error instanceof GraphQLError)) throw error;
      return [withCode(error, ApolloServerErrorCode.GRAPHQL_PARSE_FAILED)];
    }
    const repetition = tooRepetitive(document);
    if (repetition !== undefined) return [repetition];
    const conditions = rootConditions(document);
    if (conditions.size > 0) {
      const message =
        '@skip and @include are not allowed at the root of a subscription, only on fields below it.';
      const error = new GraphQLError(message, { nodes: [...conditions] });
      return [withCode(error, ApolloServerErrorCode.GRAPHQL_VALIDATION_FAILED)];
    }
    const rules = [...specifiedRules, ...limitRules, noDatabaseFields];
    const errors = validate(this.schema, document, rules, { maxErrors: MAX_ERRORS });
    if (errors.length > 0) {
      return errors.map((error) => withCode(error, ApolloServerErrorCode.GRAPHQL_VALIDATION_FAILED));
    }
    this.#documents.set(query, document);
    return document;
  }
}

function requestError(message: string, code: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code } });
}

function withCode(error: GraphQLError, code: ApolloServerErrorCode): GraphQLError {
  error.extensions['code'] ??= code;
  return error;
}

/**
 * Subscribes to the event source, and executes the selection for each event in a new context. A context for the whole
 * subscription would return stale values from the cache of its loaders.
 *
 * @returns one result per event, or the error result if the subscription fails.
 */
export async function executeSubscription(
  args: ExecutionArgs,
  createContext: () => unknown,
): Promise<AsyncIterableIterator<ExecutionResult> | ExecutionResult> {
  const events = await createSourceEventStream({ ...args, contextValue: createContext() });
  if (!(Symbol.asyncIterator in events)) return events;

  const source = events[Symbol.asyncIterator]();
  // Not a generator, because its return() would wait for the next event.
  const results: AsyncIterableIterator<ExecutionResult> = {
    next: async () => {
      const event = await source.next();
      if (event.done === true) return { done: true, value: undefined };
      try {
        const result = await execute({ ...args, rootValue: event.value, contextValue: createContext() });
        return { done: false, value: result };
      } catch (error) {
        await source.return?.();
        throw error;
      }
    },
    return: async () => {
      await source.return?.();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]: () => results,
  };
  return results;
}
