import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify';
import type { ErrorMapper } from '../graphql/errors.js';
import { BellwetherError, type BellwetherErrorCode } from '../lib/errors.js';
import { SECOND_MS } from '../lib/time.js';

/** The message for a Host header other than a loopback name, over HTTP and WebSocket. */
export const LOOPBACK_ONLY =
  'The Host header must be localhost, 127.0.0.1 or [::1], because this gateway has no authentication configured.';

/** Rejections by the HTTP layer itself. */
const REJECTIONS: Readonly<Record<number, { readonly code: string; readonly message: string }>> = {
  400: {
    code: 'BAD_REQUEST',
    message:
      'The request is malformed. A body must be valid JSON, in UTF-8 or in the charset of its Content-Type.',
  },
  403: { code: 'FORBIDDEN', message: LOOPBACK_ONLY },
  404: { code: 'NOT_FOUND', message: 'No resource exists at this path.' },
  405: {
    code: 'METHOD_NOT_ALLOWED',
    message: 'This path does not support the method. The Allow header lists the supported ones.',
  },
  413: { code: 'PAYLOAD_TOO_LARGE', message: 'The request body exceeds the limit of 1 MB.' },
  414: { code: 'URI_TOO_LONG', message: 'The request path is too long.' },
  415: {
    code: 'UNSUPPORTED_MEDIA_TYPE',
    message: 'The Content-Type of a request body must be application/json.',
  },
};

const METHODS: readonly HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** Gives the error responses of hooks and routes the shape of a GraphQL error, so that a client needs one parser. */
export function registerErrorResponses(app: FastifyInstance, mapError: ErrorMapper): void {
  app.setErrorHandler((error: FastifyError, _request, reply) => sendError(error, reply, mapError));

  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '';
    const allowed = METHODS.filter((method) => app.hasRoute({ method, url: path }));
    if (allowed.length === 0) return reject(reply, 404);
    return reject(reply.header('allow', allowed.join(', ')), 405);
  });
}

const STATUS: Readonly<Record<BellwetherErrorCode, number>> = {
  BAD_USER_INPUT: 400,
  FORBIDDEN: 403,
  LIMIT_EXCEEDED: 400,
  NOT_FOUND: 404,
  RATE_LIMITED: 429,
  UNAUTHENTICATED: 401,
  UNAVAILABLE: 503,
};

/** Responds to an expected failure of a whole request. */
function sendFailure(reply: FastifyReply, error: BellwetherError, mapError: ErrorMapper): FastifyReply {
  const { code, retryAfterMs } = error;
  if (code === 'UNAUTHENTICATED') reply.header('www-authenticate', 'Bearer');
  if (retryAfterMs !== undefined) reply.header('retry-after', Math.ceil(retryAfterMs / SECOND_MS));
  return reply.code(STATUS[code]).send({ errors: [mapError(error)] });
}

/** Responds to an error that Fastify raises before it has found a route, when its hooks have not run. */
export function sendFrameworkError(
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
  mapError: ErrorMapper,
): FastifyReply {
  return sendError(error, reply.header('x-request-id', request.id), mapError);
}

function sendError(error: FastifyError, reply: FastifyReply, mapError: ErrorMapper): FastifyReply {
  if (error instanceof BellwetherError) return sendFailure(reply, error, mapError);
  const { statusCode = 500 } = error;
  if (statusCode >= 400 && statusCode < 500) return reject(reply, statusCode);
  return reply.code(500).send({ errors: [mapError(error)] });
}

/** Rejects a request with a status and the message for it. */
export function reject(reply: FastifyReply, statusCode: number): FastifyReply {
  const { code, message } = REJECTIONS[statusCode] ?? {
    code: 'BAD_REQUEST',
    message: 'The request was rejected.',
  };
  return reply.code(statusCode).send({ errors: [{ message, extensions: { code } }] });
}
