import { apiKeyHash, createApiKey } from '../../src/auth/api-key.js';
import type { Role } from '../../src/auth/viewer.js';
import type { TestGateway } from './test-gateway.js';
import type { TokenIssuer } from './token-issuer.js';

/** Headers by which a caller of each role authenticates. The client is the user `ann`. */
export type Callers = Readonly<Record<Role, Readonly<Record<string, string>>>>;

/** Stores an API key, which is valid from the next refresh on. */
export async function addApiKey(
  { backend }: Pick<TestGateway, 'backend'>,
  role: 'SERVICE' | 'MONITOR' | 'ADMIN' | 'SUPERADMIN',
): Promise<{ readonly id: string; readonly key: string }> {
  const key = createApiKey();
  const id = key.slice(4, 16);
  const { store, apiKeys } = backend;
  await store.apiKeys.add({
    ...{ id, name: `key of a ${role}`, role, hash: apiKeyHash(key), ending: key.slice(-4) },
    createdAt: new Date(0),
  });
  await apiKeys.refresh();
  return { id, key };
}

/** Creates credentials for every role. */
export async function createCallers(gateway: TestGateway, issuer: TokenIssuer): Promise<Callers> {
  const byKey = async (role: Parameters<typeof addApiKey>[1]) => ({
    'x-api-key': (await addApiKey(gateway, role)).key,
  });
  return {
    ANONYMOUS: {},
    CLIENT: { authorization: `Bearer ${await issuer.sign()}` },
    SERVICE: await byKey('SERVICE'),
    MONITOR: await byKey('MONITOR'),
    ADMIN: await byKey('ADMIN'),
    SUPERADMIN: await byKey('SUPERADMIN'),
  };
}
