import { ApolloServerErrorCode } from '@apollo/server/errors';
import {
  getOperationAST,
  getVariableValues,
  GraphQLError,
  OperationTypeNode,
  parse,
  specifiedRules,
  validate,
  type DocumentNode,
  type ExecutionArgs,
  type GraphQLSchema,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import { isTooDeep, TOO_DEEP } from '../lib/input/json-depth.js';
import { limitRules, MAX_ERRORS, MAX_TOKENS } from './request-limits.js';
import { noDatabaseFields } from './rules/no-database-fields.js';
import { rootConditions } from './subscription-conditions.js';

/** What a client sends to subscribe. */
export interface SubscriptionRequest {
  readonly query: string;
  readonly operationName?: string | null | undefined;
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined;
}

/** Characters of all documents that are kept. Subscribers of one page send the same one, and come back together. */
const MAX_KEPT_CHARACTERS = 500_000;

/** Checks requests to subscribe as strictly as a request over HTTP is checked, with the same codes for what is wrong. */
export class SubscriptionRequests {
  readonly #documents = new LRUCache<string, DocumentNode>({
    maxSize: MAX_KEPT_CHARACTERS,
    sizeCalculation: (_document, query) => query.length + 1,
  });

  constructor(private readonly schema: GraphQLSchema) {}

  /** What to run, or why it is refused. */
  check(request: SubscriptionRequest): ExecutionArgs | readonly GraphQLError[] {
    const { schema } = this;
    if (isTooDeep(request)) return [refusal(TOO_DEEP, ApolloServerErrorCode.BAD_REQUEST)];
    const document = this.#document(request.query);
    if (!('kind' in document)) return document;

    const operation = getOperationAST(document, request.operationName);
    if (!operation) {
      const message = 'The document holds no operation of this name, or several and the request names none.';
      return [refusal(message, ApolloServerErrorCode.OPERATION_RESOLUTION_FAILURE)];
    }
    if (operation.operation !== OperationTypeNode.SUBSCRIPTION) {
      const message = 'Only subscriptions are served over WebSocket; send queries and mutations over HTTP.';
      return [refusal(message, ApolloServerErrorCode.BAD_REQUEST)];
    }
    const { errors } = getVariableValues(
      schema,
      operation.variableDefinitions ?? [],
      request.variables ?? {},
      {
        maxErrors: MAX_ERRORS,
      },
    );
    if (errors !== undefined)
      return errors.map((error) => withCode(error, ApolloServerErrorCode.BAD_USER_INPUT));

    return {
      schema,
      document,
      variableValues: request.variables,
      operationName: request.operationName,
    };
  }

  #document(query: string): DocumentNode | readonly GraphQLError[] {
    const known = this.#documents.get(query);
    if (known !== undefined) return known;
    let document: DocumentNode;
    try {
      document = parse(query, { maxLexicalTokens: MAX_TOKENS });
    } catch (error) {
      if (!(error instanceof GraphQLError)) throw error;
      return [withCode(error, ApolloServerErrorCode.GRAPHQL_PARSE_FAILED)];
    }
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

function refusal(message: string, code: ApolloServerErrorCode): GraphQLError {
  return new GraphQLError(message, { extensions: { code } });
}

function withCode(error: GraphQLError, code: ApolloServerErrorCode): GraphQLError {
  error.extensions['code'] = code;
  return error;
}
