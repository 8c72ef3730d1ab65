import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { preHandlerHookHandler } from 'fastify';
import { Kind, OperationTypeNode, parse } from 'graphql';
import { LRUCache } from 'lru-cache';
import { MAX_TOKENS } from '../graphql/rules/limits.js';
import { BellwetherError } from '../lib/errors.js';
import { SECOND_MS } from '../lib/time.js';
import { graphqlParameters, type GraphQLParameters } from './graphql-parameters.js';
import type { ReadLimit } from './read-limit.js';

const RETRY_AFTER_MS = SECOND_MS;

/** Time before a rejection on a connection that did not wait for `RETRY_AFTER_MS` after its last one. */
const IMPATIENT_DELAY_MS = 250;

/** Maximum number of delayed rejections; further ones are sent at once. */
const MAX_DELAYED = 2_000;

/** Documents whose operations are remembered, and the longest such document. */
const MAX_DOCUMENTS = 1_000;
const MAX_DOCUMENT_LENGTH = 10_000;

/**
 * Rejects reads with 503 while the process has as many as it can serve soon, before their documents are parsed. Writes pass:
 * they have their own bounded queue, and a client may not be able to send a rejected event again.
 *
 * A rejection costs processor time as well. A client that ignores `Retry-After` and sends the next read at once would take
 * it from the accepted reads, so it waits for its next rejection.
 */
export function admission(reads: Pick<ReadLimit, 'tryBegin' | 'end'>): preHandlerHookHandler {
  const mayWrite = writeDetector();
  const rejectLater = impatientDelay();

  return (request, reply, done) => {
    if (mayWrite(graphqlParameters(request))) {
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
      rejectLater(request.raw.socket, () => done(error));
    }
  };
}

/** Returns a function that sends a rejection: at once, or delayed on a connection that was rejected a moment ago. */
function impatientDelay(): (connection: Socket, send: () => void) => void {
  const rejectedAtMs = new WeakMap<Socket, number>();
  let delayed = 0;
  return (connection, send) => {
    const nowMs = performance.now();
    const isImpatient = nowMs - (rejectedAtMs.get(connection) ?? -Infinity) < RETRY_AFTER_MS;
    rejectedAtMs.set(connection, nowMs);
    if (!isImpatient || delayed >= MAX_DELAYED) {
      send();
      return;
    }
    delayed += 1;
    setTimeout(() => {
      delayed -= 1;
      send();
    }, IMPATIENT_DELAY_MS);
  };
}

/** Returns a function that says whether an operation is a mutation. One that cannot be parsed or selected is none. */
function writeDetector(): (operation: GraphQLParameters) => boolean {
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
