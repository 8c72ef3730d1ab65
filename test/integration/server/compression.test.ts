import { request } from 'node:http';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../../support/test-gateway.js';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
  await gateway.addMarkets(...Array.from({ length: 40 }, (_, index) => ({ id: `m${index}` })));
});
afterAll(() => gateway.close());

interface Response {
  readonly encoding: string | undefined;
  readonly vary: string | undefined;
  readonly body: Buffer;
}

/** Sends a query without the decompression of `fetch`. */
function post(
  query: string,
  acceptEncoding: string | undefined,
  accept = 'application/json',
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const headers = {
      ...{ 'content-type': 'application/json', accept },
      ...(acceptEncoding === undefined ? {} : { 'accept-encoding': acceptEncoding }),
    };
    const sent = request(`${gateway.url}/graphql`, { method: 'POST', headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const { 'content-encoding': encoding, vary } = response.headers;
        resolve({ encoding, vary, body: Buffer.concat(chunks) });
      });
    });
    sent.on('error', reject);
    sent.end(JSON.stringify({ query }));
  });
}

const large = '{ feed(limit: 40) { stream { market { id title category probability createdAt } } } }';
const small = '{ feed(limit: 1) { degraded } }';

describe('a response of 2 KB or more', () => {
  it.each([
    ['br', 'gzip, deflate, br', brotliDecompressSync],
    ['gzip', 'gzip', gunzipSync],
  ])('is compressed with %s for Accept-Encoding: %s', async (encoding, acceptEncoding, decompress) => {
    const plain = await post(large, undefined);
    const compressed = await post(large, acceptEncoding);
    expect(compressed).toMatchObject({ encoding, vary: expect.stringMatching(/accept-encoding/i) as string });
    const { data } = JSON.parse(decompress(compressed.body).toString()) as {
      data: { feed: { stream: unknown[] } };
    };
    expect(data.feed.stream.length).toBeGreaterThan(20);
    expect(compressed.body.length).toBeLessThan(plain.body.length / 3);
  });

  it('is compressed with the media type of GraphQL over HTTP too', async () => {
    expect(await post(large, 'br', 'application/graphql-response+json')).toMatchObject({ encoding: 'br' });
  });

  it.each([undefined, 'identity', 'br;q=0'])(
    'is not compressed for Accept-Encoding: %s',
    async (acceptEncoding) => {
      const { encoding, body } = await post(large, acceptEncoding);
      expect(encoding).toBeUndefined();
      expect(JSON.parse(body.toString())).toHaveProperty('data.feed.stream');
    },
  );
});

it('a small response is not compressed', async () => {
  expect(await post(small, 'br')).toMatchObject({ encoding: undefined });
});
