import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Kind, OperationTypeNode, parse } from 'graphql';
import { LRUCache } from 'lru-cache';
import type { ErrorMapper } from '../graphql/errors.js';
import { MAX_TOKENS } from '../graphql/rules/limits.js';
import { BellwetherError } from '../lib/errors.js';
import { SECOND_MS } from '../lib/time.js';
import type { ReadLimit } from './read-limit.js';

const RETRY_AFTER_MS = SECOND_MS;

/** Documents whose operations are remembered, and the longest such document. */
const MAX_DOCUMENTS = 1_000;
const MAX_DOCUMENT_LENGTH = 10_000;

/**
 * Rejects reads at `/graphql` with 503 while the process has as many as it can serve soon, before their documents are parsed.
 * Writes pass: they have their own bounded queue, and a client may not be able to send a rejected event again. Other paths
 * pass too.
 */
export function registerAdmission(
  app: FastifyInstance,
  mapError: ErrorMapper,
  reads: Pick<ReadLimit, 'tryBegin' | 'end'>,
): void {
  const mayWrite = writeDetector();

  app.addHook('preHandler', (request, reply, done) => {
    if (request.routeOptions.url !== '/graphql' || mayWrite(operationOf(request))) {
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

interface Operation {
  readonly query?: unknown;
  readonly operationName?: unknown;
}

function operationOf({ method, query, body }: FastifyRequest): Operation {
  const parameters = method === 'GET' ? query : body;
  return typeof parameters === 'object' && parameters !== null ? parameters : {};
}

/** Returns a function that says whether an operation is a mutation. One that cannot be parsed or selected is none. */
function writeDetector(): (operation: Operation) => boolean {
  const known = new LRUCache<string, ReadonlyMap<string | undefined, boolean>>({ max: MAX_DOCUMENTS });
  return ({ query, operationName }) => {
    // Almost all reads are recognized here, without parsing.
    if (typeof query !== 'string' || !query.includes('mutation')) return false;
    let operations = known.get(query);
    if (operations === undefined) {
      operations = mutationsByName(query);
      if (query.length <= MAX_DOCUMENT_LENGTH) known.set(query, operations);
    }
    if (typeof operationName === 'string') return operations.get(operationName) ?? false;
    return operations.size === 1 && [...operations.values()].every(Boolean);
  };
}

/** Whether each operation of a document is a mutation, by its name; undefined for one without a name. */
function mutationsByName(query: string): Map<string | undefined, boolean> {
  try {
    return new Map(
      parse(query, { maxLexicalTokens: MAX_TOKENS }).definitions.flatMap((definition) =>
        definition.kind === Kind.OPERATION_DEFINITION
          ? [[definition.name?.value, definition.operation === OperationTypeNode.MUTATION]]
          : [],
      ),
    );
  } catch {
    return new Map();
  }
}
