import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildManifest } from '../../../src/graphql/trusted-documents/manifest.js';
import {
  bearer,
  createServiceKey,
  startProtectedGateway,
  type ProtectedGateway,
} from '../../support/protected-gateway.js';

const MARKET = 'query Market($id: ID!) { market(id: $id) { id title } }';
const TRACK = 'mutation Track($input: TrackInteractionInput!) { trackInteraction(input: $input) { status } }';
const MOVED = 'subscription Moved { marketsMoved(marketIds: ["m1"]) { moves { market { id } } } }';
const manifest = buildManifest(parse(`${MARKET} ${TRACK} ${MOVED}`));
const idOf = (operation: string) =>
  Object.entries(manifest).find(([, text]) => text.includes(operation))?.[0] ?? '';
const hashOf = (operation: string) => idOf(operation).replace('sha256:', '');

describe('requests with the id of a document', () => {
  let folder: string;
  let off: ProtectedGateway;
  let enforcing: ProtectedGateway;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'bellwether-documents-'));
    const file = path.join(folder, 'manifest.json');
    await writeFile(file, JSON.stringify(manifest));
    off = await startProtectedGateway();
    enforcing = await startProtectedGateway({
      env: { TRUSTED_DOCUMENTS: 'enforce', TRUSTED_DOCUMENTS_FILE: file },
    });
    await enforcing.addMarkets({ id: 'm1', title: 'First' });
  });
  afterAll(async () => {
    await off.close();
    await enforcing.close();
    await rm(folder, { recursive: true });
  });

  const data = { market: { id: 'm1', title: 'First' } };
  const variables = { id: 'm1' };
  const persisted = (sha256Hash: string) => ({ persistedQuery: { version: 1, sha256Hash } });
  const get = (parameters: Record<string, string>) =>
    fetch(`${enforcing.url}/graphql?${new URLSearchParams(parameters).toString()}`, {
      headers: { 'apollo-require-preflight': '1' },
    });

  it('run the document, by documentId and by persistedQuery, more than once', async () => {
    for (const named of [
      { documentId: idOf('Market') },
      { documentId: hashOf('Market') },
      { extensions: persisted(hashOf('Market')) },
      { query: '', extensions: persisted(hashOf('Market')) },
    ]) {
      for (let attempt = 0; attempt < 3; attempt++) {
        const answer = await enforcing.post({ ...named, variables });
        expect([answer.status, answer.data]).toEqual([200, data]);
      }
    }
  });

  it('run the document by GET', async () => {
    const json = JSON.stringify(variables);
    const byId = await get({ documentId: idOf('Market'), variables: json });
    const byHash = await get({ extensions: JSON.stringify(persisted(hashOf('Market'))), variables: json });
    expect([await byId.json(), await byHash.json()]).toEqual([{ data }, { data }]);
  });

  it('run no mutation by GET', async () => {
    const response = await get({ documentId: idOf('Track') });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
  });

  it.each([
    [{ documentId: 'sha256:0' }],
    [{ documentId: 7 }],
    [{ documentId: '__proto__' }],
    [{ extensions: persisted('0'.repeat(64)) }],
    [{ extensions: { persistedQuery: { version: 1 } } }],
  ])('are PERSISTED_QUERY_NOT_FOUND for an unknown id: %j', async (named) => {
    const answer = await enforcing.post({ ...named, variables });
    expect(answer).toMatchObject({
      status: 400,
      errors: [{ message: 'PersistedQueryNotFound', extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } }],
    });
    const legacy = await enforcing.post(named, { accept: 'application/json' });
    expect(legacy.status).toBe(200);
  });

  it('register no document: one with an id and a text is PERSISTED_QUERY_NOT_SUPPORTED', async () => {
    const body = { query: MARKET, extensions: persisted(hashOf('Market')), variables };
    const code = { errors: [{ extensions: { code: 'PERSISTED_QUERY_NOT_SUPPORTED' } }] };
    expect(await enforcing.post(body)).toMatchObject(code);
    expect(await off.post(body)).toMatchObject(code);
    expect(await off.post({ documentId: idOf('Market'), variables })).toMatchObject(code);
    expect(await off.post({ extensions: persisted(hashOf('Market')), variables })).toMatchObject(code);
  });

  it('are required from clients, for which the text of a trusted document is as good', async () => {
    for (const headers of [{}, await bearer('ada')]) {
      const known = await enforcing.post({ query: MARKET, variables }, headers);
      const other = await enforcing.post({ query: '{ trending { scope } }' }, headers);
      expect([known.status, known.data]).toEqual([200, data]);
      expect(other).toMatchObject({ status: 403, errors: [{ extensions: { code: 'FORBIDDEN' } }] });
    }
  });

  it('are rejected before their document is validated, so that errors reveal no schema', async () => {
    for (const query of ['{ nothing }', '{', '{ __schema { types { name } } }']) {
      const { status, errors } = await enforcing.post({ query });
      expect([status, errors?.[0]?.message]).toEqual([
        403,
        expect.stringContaining('accepts only trusted documents') as string,
      ]);
    }
  });

  it('are not required from services and staff', async () => {
    const { headers: service } = await createServiceKey(enforcing);
    for (const headers of [service, await bearer('root', { role: 'ADMIN' })]) {
      const { status } = await enforcing.post({ query: '{ trending { scope } }' }, headers);
      expect(status).toBe(200);
    }
  });

  it('subscribe over WebSocket', async () => {
    const live = await enforcing.connect();
    const subscribe = (id: string, payload: object) => live.send({ type: 'subscribe', id, payload });
    subscribe('1', { query: '', extensions: persisted(hashOf('Moved')) });
    subscribe('2', { query: '', documentId: idOf('Moved') });
    subscribe('3', { query: '', documentId: 'sha256:0' });
    subscribe('4', { query: 'subscription { marketsMoved(marketIds: ["m2"]) { moves { market { id } } } }' });
    await live.received(2);
    await enforcing.addMarkets({ id: 'm1', probability: 0.3 });
    await live.received(4);
    expect(live.messages.toSorted((a, b) => Number(a.id) - Number(b.id))).toMatchObject([
      { id: '1', type: 'next' },
      { id: '2', type: 'next' },
      { id: '3', type: 'error', payload: [{ extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } }] },
      { id: '4', type: 'error', payload: [{ extensions: { code: 'FORBIDDEN' } }] },
    ]);
    live.socket.close();
  });
});
