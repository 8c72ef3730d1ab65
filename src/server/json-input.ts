import { isUtf8 } from 'node:buffer';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { LIMIT_EXCEEDED } from '../lib/errors.js';
import { declaredEncoding } from '../lib/input/encoding.js';
import { isTooDeep, TOO_DEEP } from '../lib/input/json-depth.js';

const undecodable = Object.assign(new Error('The body is not valid text in its encoding.'), {
  statusCode: 400,
});

/**
 * Reads JSON bodies in UTF-8, or in the charset that their `Content-Type` declares, and rejects invalid bytes. Fastify's
 * own parser would replace each with "�", which would be stored and could make two user keys equal.
 */
export function registerJsonBody(app: FastifyInstance): void {
  const parseJson = app.getDefaultJsonParser('error', 'error');
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    const text = decode(body, declaredEncoding(request.headers['content-type']));
    if (text === undefined) done(undecodable);
    else void parseJson(request, text, done);
  });
}

function decode(body: Buffer, encoding = 'utf-8'): string | undefined {
  if (encoding === 'utf-8') return isUtf8(body) ? body.toString() : undefined;
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(body);
  } catch {
    return undefined;
  }
}

/** Parameters of a GraphQL request over GET that contain JSON. */
const JSON_PARAMETERS = ['variables', 'extensions'] as const;

/** Rejects requests whose JSON nests too deep, before any handler reads it. */
export function registerDepthCheck(app: FastifyInstance): void {
  app.addHook('preValidation', (request, reply, done) => {
    if (![request.body, ...jsonParameters(request)].some(isTooDeep)) done();
    else reply.code(400).send({ errors: [{ message: TOO_DEEP, extensions: { code: LIMIT_EXCEEDED } }] });
  });
}

function jsonParameters({ query }: FastifyRequest): unknown[] {
  const parameters = query as Readonly<Record<string, unknown>>;
  return JSON_PARAMETERS.map((name) => parseIfValid(parameters[name]));
}

/** Parses a parameter of a URL. Returns undefined for malformed JSON, which Apollo Server rejects. */
export function parseIfValid(text: unknown): unknown {
  if (typeof text !== 'string') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
