import { isUtf8 } from 'node:buffer';
import type { FastifyInstance } from 'fastify';
import { declaredEncoding } from '../lib/input/encoding.js';

/** Answered with 400. */
const undecodable = Object.assign(new Error('The body is not text in its encoding.'), { statusCode: 400 });

/**
 * Reads JSON bodies in UTF-8, or in the charset that their `Content-Type` declares, and rejects invalid bytes. Fastify's
 * own parser would replace each with "�", which would be stored and make two user keys one.
 */
export function registerJsonBody(app: FastifyInstance): void {
  const parseJson = app.getDefaultJsonParser('error', 'error');
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    const text = decoded(body, declaredEncoding(request.headers['content-type']));
    if (text === undefined) done(undecodable);
    else void parseJson(request, text, done);
  });
}

function decoded(body: Buffer, encoding = 'utf-8'): string | undefined {
  if (encoding === 'utf-8') return isUtf8(body) ? body.toString() : undefined;
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(body);
  } catch {
    return undefined;
  }
}
