import { ApolloServerErrorCode } from '@apollo/server/errors';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { Logger } from '../lib/logger.js';
import { BellwetherError, LIMIT_EXCEEDED } from '../lib/errors.js';

export interface ErrorMapperOptions {
  readonly logger: Pick<Logger, 'error' | 'warn'>;
  /** Returns the id that links a masked error to its log line; one per request. */
  readonly correlationId: () => string;
  /** Whether messages keep GraphQL's suggestions ("Did you mean …?"), which reveal schema names. */
  readonly showSuggestions: boolean;
}

/** Formats an error of an operation for the client. */
export type ErrorMapper = (error: unknown) => GraphQLFormattedError;

/** Codes of errors in the request itself, which GraphQL and Apollo Server detect before any resolver runs. */
const REQUEST_ERROR_CODES: ReadonlySet<unknown> = new Set<ApolloServerErrorCode>([
  ApolloServerErrorCode.GRAPHQL_PARSE_FAILED,
  ApolloServerErrorCode.GRAPHQL_VALIDATION_FAILED,
  ApolloServerErrorCode.PERSISTED_QUERY_NOT_FOUND,
  ApolloServerErrorCode.PERSISTED_QUERY_NOT_SUPPORTED,
  ApolloServerErrorCode.BAD_USER_INPUT,
  ApolloServerErrorCode.OPERATION_RESOLUTION_FAILURE,
  ApolloServerErrorCode.BAD_REQUEST,
]);

/**
 * Creates the function that maps every error to a GraphQL error. A {@link BellwetherError} and an error in the request
 * keep their message and code. Any other error is masked: the client receives an id, and the error is logged once per
 * request under that id.
 */
export function createErrorMapper({
  logger,
  correlationId,
  showSuggestions,
}: ErrorMapperOptions): ErrorMapper {
  const loggedUnder = new WeakMap<object, string>();

  return (error) => {
    const cause = rootCause(error);
    if (cause instanceof BellwetherError) {
      // Many fields and requests can fail because of the same statement.
      if (cause.cause instanceof Error && !loggedUnder.has(cause.cause)) {
        const id = correlationId();
        loggedUnder.set(cause.cause, id);
        logger.warn(
          { err: cause.cause, correlationId: id, ...pathOf(error) },
          'operation rejected as UNAVAILABLE',
        );
      }
      return formatted(error, cause.message, extensionsOf(cause));
    }

    const limit = exceededLimit(cause);
    if (limit !== undefined) return formatted(error, limit, { code: LIMIT_EXCEEDED });

    const code = requestErrorCode(error, cause);
    if (code !== undefined && error instanceof GraphQLError) {
      const message = showSuggestions ? error.message : withoutSuggestion(error.message);
      const field = code === ApolloServerErrorCode.BAD_USER_INPUT ? invalidField(message) : undefined;
      return formatted(error, message, { code, ...(field === undefined ? {} : { field }) });
    }

    const id = correlationId();
    // A failed batch fails every field that waits for it.
    const alreadyLogged = cause instanceof Error && loggedUnder.get(cause) === id;
    if (cause instanceof Error) loggedUnder.set(cause, id);
    if (!alreadyLogged) logger.error({ err: cause, correlationId: id, ...pathOf(error) }, 'operation failed');
    return formatted(error, 'Internal server error', {
      code: ApolloServerErrorCode.INTERNAL_SERVER_ERROR,
      correlationId: id,
    });
  };
}

/** Returns the original error, without the GraphQL errors that wrap it. */
function rootCause(error: unknown): unknown {
  let cause = error;
  while (cause instanceof GraphQLError && cause.originalError !== undefined) cause = cause.originalError;
  return cause;
}

function extensionsOf({ code, field, retryAfterMs }: BellwetherError): Record<string, unknown> {
  return {
    code,
    ...(field === undefined ? {} : { field }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

/** GraphQL's error for a document with more tokens than it may have. */
const TOO_MANY_TOKENS = /Document contains more tha[nt] (\d+) tokens/;

/** Returns the message for an operation that exceeds a limit, whose code Apollo Server may have replaced. */
function exceededLimit(cause: unknown): string | undefined {
  if (!(cause instanceof GraphQLError)) return undefined;
  const { code } = (cause.extensions as GraphQLError['extensions'] | undefined) ?? {};
  if (code === LIMIT_EXCEEDED) return cause.message;
  const tokens = TOO_MANY_TOKENS.exec(cause.message)?.[1];
  return tokens === undefined
    ? undefined
    : `The document has more than ${tokens} tokens. Split it into several requests.`;
}

/** Returns the code of an error in the request itself, which has no path, unlike an error of a resolver. */
function requestErrorCode(error: unknown, cause: unknown): unknown {
  if (!(error instanceof GraphQLError)) return undefined;
  if (isNullArgument(cause)) return ApolloServerErrorCode.BAD_USER_INPUT;
  // graphql-jit leaves the extensions of its errors undefined, contrary to the type.
  const { code } = (error.extensions as GraphQLError['extensions'] | undefined) ?? {};
  return error.path === undefined && REQUEST_ERROR_CODES.has(code) ? code : undefined;
}

/** GraphQL detects null for a non-null argument only during execution if the variable has a default. */
function isNullArgument(cause: unknown): boolean {
  return cause instanceof GraphQLError && /^Argument "\w+" of (non-null|required) type /.test(cause.message);
}

function withoutSuggestion(message: string): string {
  return message.replace(/ ?Did you mean .+\?$/s, '');
}

/** Parses the path of the invalid variable, such as `input.items.0.marketId`, from GraphQL's message. */
function invalidField(message: string): string | undefined {
  const name = /^(?:Variable "\$|Argument ")(\w+)"/.exec(message)?.[1];
  const path = / at "([\w.[\]]+)"; /.exec(message)?.[1]?.replaceAll(/\[(\d+)\]/g, '.$1') ?? name;
  if (path === undefined) return undefined;
  const missingOrUnknown = /; Field "(\w+)" (?:of required type|is not defined by type) /.exec(message)?.[1];
  return missingOrUnknown === undefined ? path : `${path}.${missingOrUnknown}`;
}

function pathOf(error: unknown): Pick<GraphQLFormattedError, 'path'> {
  return error instanceof GraphQLError && error.path !== undefined ? { path: error.path } : {};
}

function formatted(
  error: unknown,
  message: string,
  extensions: Record<string, unknown>,
): GraphQLFormattedError {
  const locations = error instanceof GraphQLError ? error.locations : undefined;
  return { message, ...(locations === undefined ? {} : { locations }), ...pathOf(error), extensions };
}
