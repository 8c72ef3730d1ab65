import { execute, parse, type ExecutionResult } from 'graphql';
import type { Viewer } from '../../src/auth/viewer.js';
import { createContext } from '../../src/graphql/context.js';
import { createSchema } from '../../src/graphql/schema.js';
import type { TestGateway } from './test-gateway.js';

const schema = createSchema();

/** Executes a query or mutation by graphql-js, as the viewer. Not over HTTP, so that any viewer is possible. */
export async function executeAs(
  { backend }: TestGateway,
  viewer: Viewer,
  source: string,
  variableValues: Record<string, unknown> = {},
): Promise<ExecutionResult> {
  const contextValue = createContext(backend.services, { country: null, viewer, address: '' });
  return execute({ schema, document: parse(source), variableValues, contextValue });
}
