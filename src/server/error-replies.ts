import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify';
import type { ErrorMapper } from '../graphql/errors.js';

/** What the HTTP layer itself refuses, in the words that a client gets. */
const REFUSALS: Readonly<Record<number, { readonly code: string; readonly message: string }>> = {
  400: {
    code: 'BAD_REQUEST',
    message:
      'The request could not be read; a body must be valid JSON, in UTF-8 or in the charset of its Content-Type.',
  },
  403: {
    code: 'FORBIDDEN',
    message:
      'Without authentication this gateway answers only at localhost, 127.0.0.1 or [::1]; the Host header named another.',
  },
  404: { code: 'NOT_FOUND', message: 'Nothing is served at this path.' },
  405: { code: 'METHOD_NOT_ALLOWED', message: 'This path does not answer to this method.' },
  413: { code: 'PAYLOAD_TOO_LARGE', message: 'The request body is larger than this server accepts.' },
  414: { code: 'URI_TOO_LONG', message: 'The request path is longer than this server accepts.' },
  415: { code: 'UNSUPPORTED_MEDIA_TYPE', message: 'A request body must be application/json.' },
};

const METHODS: readonly HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** Gives every answer that no route gave the shape of a GraphQL error, so that a client needs one parser. */
export function registerErrorReplies(app: FastifyInstance, mapError: ErrorMapper): void {
  app.setErrorHandler((error: FastifyError, _request, reply) => replyToError(error, reply, mapError));

  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '';
    const allowed = METHODS.filter((method) => app.hasRoute({ method, url: path }));
    if (allowed.length === 0) return refuse(reply, 404);
    return refuse(reply.header('allow', allowed.join(', ')), 405);
  });
}

/** For errors that Fastify meets before it has found a route; its hooks have not run by then. */
export function replyToFrameworkError(
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
  mapError: ErrorMapper,
): FastifyReply {
  return replyToError(error, reply.header('x-request-id', request.id), mapError);
}

function replyToError(error: FastifyError, reply: FastifyReply, mapError: ErrorMapper): FastifyReply {
  const { statusCode = 500 } = error;
  if (statusCode >= 400 && statusCode < 500) return refuse(reply, statusCode);
  return reply.code(500).send({ errors: [mapError(error)] });
}

/** Answers with what the table above says of a status. */
export function refuse(reply: FastifyReply, statusCode: number): FastifyReply {
  const { code, message } = REFUSALS[statusCode] ?? {
    code: 'BAD_REQUEST',
    message: 'The request was refused.',
  };
  return reply.code(statusCode).send({ errors: [{ message, extensions: { code } }] });
}
