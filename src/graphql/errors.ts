import { ApolloServerErrorCode } from '@apollo/server/errors';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { Logger } from '../lib/logger.js';
import { BellwetherError } from '../lib/errors.js';

export interface ErrorMapperOptions {
  readonly logger: Pick<Logger, 'error' | 'warn'>;
  /** The id by which a client can name a masked error to whoever reads the log; one for each request. */
  readonly correlationId: () => string;
  /** Whether messages keep GraphQL's suggestions ("Did you mean …?"), which reveal names in the schema. */
  readonly showSuggestions: boolean;
}

/** Turns any error of an operation into what the client may see of it. */
export type ErrorMapper = (error: unknown) => GraphQLFormattedError;

/** What GraphQL and Apollo find wrong in a request, before any resolver runs. */
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
 * The one place where errors become GraphQL errors. A {@link BellwetherError} keeps its message and code;
 * so do GraphQL's own complaints about the request; every other error is a fault of ours, of which the client
 * learns only an id, and which is logged once under that id.
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
      // Many fields and requests may wait for the statement that failed.
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

    const code = requestErrorCode(error, cause);
    if (code !== undefined && error instanceof GraphQLError) {
      const message = showSuggestions ? error.message : withoutSuggestion(error.message);
      const field = code === ApolloServerErrorCode.BAD_USER_INPUT ? offendingField(message) : undefined;
      return formatted(error, message, { code, ...(field === undefined ? {} : { field }) });
    }

    const id = correlationId();
    // One failed batch fails every field that waited for it.
    const alreadyLogged = cause instanceof Error && loggedUnder.get(cause) === id;
    if (cause instanceof Error) loggedUnder.set(cause, id);
    if (!alreadyLogged) logger.error({ err: cause, correlationId: id, ...pathOf(error) }, 'operation failed');
    return formatted(error, 'Internal server error', {
      code: ApolloServerErrorCode.INTERNAL_SERVER_ERROR,
      correlationId: id,
    });
  };
}

/** What was thrown first, inside the GraphQL errors that were put around it. */
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

/** The code of an error in the request itself; a resolver's errors have a path and are none. */
function requestErrorCode(error: unknown, cause: unknown): unknown {
  if (!(error instanceof GraphQLError)) return undefined;
  if (isNullArgument(cause)) return ApolloServerErrorCode.BAD_USER_INPUT;
  // graphql-jit leaves the extensions of its errors undefined, whatever the type says.
  const { code } = (error.extensions as GraphQLError['extensions'] | undefined) ?? {};
  return error.path === undefined && REQUEST_ERROR_CODES.has(code) ? code : undefined;
}

/** GraphQL sees only in mid-execution that a variable with a default was given null for a non-null argument. */
function isNullArgument(cause: unknown): boolean {
  return cause instanceof GraphQLError && /^Argument "\w+" of (non-null|required) type /.test(cause.message);
}

function withoutSuggestion(message: string): string {
  return message.replace(/ ?Did you mean .+\?$/s, '');
}

/** The path of the wrong variable, such as `input.eventType`, as far as GraphQL's message tells it. */
function offendingField(message: string): string | undefined {
  const name = /^(?:Variable "\$|Argument ")(\w+)"/.exec(message)?.[1];
  const path = / at "([\w.[\]]+)"; /.exec(message)?.[1] ?? name;
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
