import type { FastifyInstance, FastifyRequest } from 'fastify';
import { isTooDeep, TOO_DEEP } from '../lib/input/json-depth.js';

/** The parameters of a GraphQL request over GET that hold JSON. */
const JSON_PARAMETERS = ['variables', 'extensions'] as const;

/** Rejects requests whose JSON nests too deep, before any handler reads it. */
export function registerDepthCheck(app: FastifyInstance): void {
  app.addHook('preValidation', async (request, reply) => {
    if (![request.body, ...jsonParameters(request)].some(isTooDeep)) return;
    await reply.code(400).send({ errors: [{ message: TOO_DEEP, extensions: { code: 'BAD_REQUEST' } }] });
  });
}

function jsonParameters({ query }: FastifyRequest): unknown[] {
  const parameters = query as Readonly<Record<string, unknown>>;
  return JSON_PARAMETERS.map((name) => parsed(parameters[name]));
}

/** Malformed JSON is left to Apollo Server, which rejects it. */
function parsed(text: unknown): unknown {
  if (typeof text !== 'string') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
