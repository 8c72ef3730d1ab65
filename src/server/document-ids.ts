import { ApolloServerErrorCode } from '@apollo/server/errors';
import type { FastifyReply, FastifyRequest, preHandlerHookHandler } from 'fastify';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { JSON_TYPE, preferredMediaType } from '../graphql/plugins/negotiated-response.js';
import type { TrustedDocuments } from '../graphql/trusted-documents/trusted-documents.js';
import { graphqlParameters, type GraphQLParameters } from './graphql-parameters.js';
import { parseIfValid } from './json-input.js';

type Documents = Pick<TrustedDocuments, 'acceptsIds' | 'textOf'>;

/**
 * Returns the text of the document that a request names by its id, in `documentId` or in
 * `extensions.persistedQuery.sha256Hash`; undefined if it names none; or the error of the request. A request with an id and a
 * text would register the text under the id (automatic persisted queries), which is not supported.
 */
export function namedDocument(
  { query, documentId, extensions }: GraphQLParameters,
  documents: Documents,
): string | GraphQLError | undefined {
  const persisted = hashOf(extensions);
  if (persisted === undefined && (documentId === undefined || documentId === null)) return undefined;
  const hasText = query !== undefined && query !== null && query !== '';
  if (!documents.acceptsIds || hasText) {
    return documentError('PersistedQueryNotSupported', ApolloServerErrorCode.PERSISTED_QUERY_NOT_SUPPORTED);
  }
  const id = documentId ?? persisted;
  const text = typeof id === 'string' ? documents.textOf(id) : undefined;
  return text ?? documentError('PersistedQueryNotFound', ApolloServerErrorCode.PERSISTED_QUERY_NOT_FOUND);
}

function hashOf(extensions: unknown): unknown {
  const { persistedQuery } = (extensions ?? {}) as { readonly persistedQuery?: unknown };
  if (typeof persistedQuery !== 'object' || persistedQuery === null) return undefined;
  return (persistedQuery as { readonly sha256Hash?: unknown }).sha256Hash ?? null;
}

/** Clients of automatic persisted queries recognize the message too. */
function documentError(message: string, code: ApolloServerErrorCode): GraphQLError {
  return new GraphQLError(message, { extensions: { code } });
}

/** Replaces the id of a document by its text, before anything else reads the request. */
export function documentIds(
  documents: Documents,
  mapError: (error: unknown) => GraphQLFormattedError,
): preHandlerHookHandler {
  return (request, reply, done) => {
    const parameters = graphqlParameters(request);
    const extensions = request.method === 'GET' ? parseIfValid(parameters.extensions) : parameters.extensions;
    const named = namedDocument({ ...parameters, extensions }, documents);
    if (named instanceof GraphQLError) {
      sendRequestError(request, reply, mapError(named));
      return;
    }
    if (named !== undefined) setText(request, named);
    done();
  };
}

/** Apollo Server reads the parameters of GET from the URL. */
function setText(request: FastifyRequest, text: string): void {
  const parameters: Record<string, unknown> = { ...graphqlParameters(request), query: text };
  delete parameters['documentId'];
  delete parameters['extensions'];
  if (request.method === 'GET') {
    request.query = parameters;
    request.raw.url = `/graphql?${new URLSearchParams(parameters as Record<string, string>).toString()}`;
  } else {
    request.body = parameters;
  }
}

/** Sends an error in the request, with the status that GraphQL over HTTP names for the media type. */
function sendRequestError(request: FastifyRequest, reply: FastifyReply, error: GraphQLFormattedError): void {
  const mediaType = preferredMediaType(request.headers.accept) ?? JSON_TYPE;
  reply
    .code(mediaType === JSON_TYPE ? 200 : 400)
    .type(mediaType)
    .header('cache-control', 'private, no-cache, must-revalidate')
    .send(JSON.stringify({ errors: [error] }));
}
