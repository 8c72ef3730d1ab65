import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Kind, OperationTypeNode, parse } from 'graphql';
import { LRUCache } from 'lru-cache';
import type { ErrorMapper } from '../graphql/errors.js';
import { MAX_TOKENS } from '../graphql/rules/limits.js';
import { BellwetherError } from '../lib/errors.js';
import { SECOND_MS } from '../lib/time.js';
import type { ReadLimit } from './read-limit.js';

const RETRY_AFTER_MS = SECOND_MS;

/** Documents whose kind is remembered, and the longest such document. */
const MAX_DOCUMENTS = 1_000;
const MAX_DOCUMENT_LENGTH = 10_000;

/**
 * Rejects reads at `/graphql` with 503 while the process has as many as it can serve soon, before it parses or runs them.
 * Writes pass: they have their own bounded queue, and an event that is lost cannot be asked for again. Other paths pass too.
 */
export function registerAdmission(
  app: FastifyInstance,
  mapError: ErrorMapper,
  reads: Pick<ReadLimit, 'tryBegin' | 'end'>,
): void {
  const mayWrite = writeDetector();

  app.addHook('preHandler', (request, reply, done) => {
    if (request.routeOptions.url !== '/graphql' || mayWrite(documentOf(request))) {
      done();
    } else if (reads.tryBegin()) {
      // Also emitted when the client disconnects.
      reply.raw.once('close', () => reads.end());
      done();
    } else {
      const error = BellwetherError.unavailable(
        'The gateway has as many requests as it can serve; retry after retryAfterMs.',
        RETRY_AFTER_MS,
      );
      reply
        .code(503)
        .header('retry-after', Math.ceil(RETRY_AFTER_MS / SECOND_MS))
        .send({ errors: [mapError(error)] });
    }
  });
}

function documentOf({ method, query, body }: FastifyRequest): unknown {
  const parameters = method === 'GET' ? query : body;
  return typeof parameters === 'object' && parameters !== null && 'query' in parameters
    ? parameters.query
    : undefined;
}

/** Returns a function that says whether a document has a mutation. One that cannot be parsed has none. */
function writeDetector(): (document: unknown) => boolean {
  const known = new LRUCache<string, boolean>({ max: MAX_DOCUMENTS });
  return (document) => {
    // Almost all reads are recognized here, without parsing.
    if (typeof document !== 'string' || !document.includes('mutation')) return false;
    const remembered = known.get(document);
    if (remembered !== undefined) return remembered;
    const isWrite = hasMutation(document);
    if (document.length <= MAX_DOCUMENT_LENGTH) known.set(document, isWrite);
    return isWrite;
  };
}

function hasMutation(document: string): boolean {
  try {
    return parse(document, { maxTokens: MAX_TOKENS }).definitions.some(
      (definition) =>
        definition.kind === Kind.OPERATION_DEFINITION && definition.operation === OperationTypeNode.MUTATION,
    );
  } catch {
    return false;
  }
}
