import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, exportSPKI, generateKeyPair, SignJWT } from 'jose';

/** What a test changes in a token; undefined leaves a claim out. */
interface TokenChanges {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
}

/** Issuer of tokens with a JWKS URL. */
export interface TokenIssuer {
  readonly jwksUrl: string;
  readonly issuer: string;
  readonly audience: string;
  /** The public key as PEM text. */
  readonly publicKey: string;
  /** Number of requests for the JWKS. */
  readonly requests: () => number;
  /** Answers requests for the JWKS with this status from now on. */
  respondWith(status: number, body?: string): void;
  /** Adds a signing key, which signs all tokens from now on. */
  rotate(): Promise<void>;
  /** Signs a valid token of the user `ann`, issued now. */
  sign(changes?: TokenChanges): Promise<string>;
  close(): Promise<void>;
}

/** Starts an issuer that signs with RS256. */
export async function startTokenIssuer(clock: () => number): Promise<TokenIssuer> {
  const keys: Awaited<ReturnType<typeof createKey>>[] = [await createKey('key-1')];
  let answer: { readonly status: number; readonly body?: string } = { status: 200 };
  let requests = 0;
  const server = createServer((_request, response) => {
    requests += 1;
    const jwks = JSON.stringify({ keys: keys.map(({ jwk }) => jwk) });
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body ?? jwks);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const issuer = 'https://login.site.example/';
  const audience = 'bellwether';
  return {
    ...{ issuer, audience, jwksUrl: `http://127.0.0.1:${port}/jwks`, requests: () => requests },
    publicKey: keys[0]?.pem ?? '',
    respondWith: (status, body) => {
      answer = body === undefined ? { status } : { status, body };
    },
    rotate: async () => {
      keys.push(await createKey(`key-${keys.length + 1}`));
    },
    sign: async ({ claims = {}, header = {} } = {}) => {
      const key = keys.at(-1);
      if (key === undefined) throw new Error('The issuer has no key.');
      const iat = Math.floor(clock() / 1_000);
      const payload = { iss: issuer, aud: audience, sub: 'ann', iat, exp: iat + 3_600, ...claims };
      return new SignJWT(payload)
        .setProtectedHeader({ alg: 'RS256', kid: key.jwk.kid, ...header })
        .sign(key.privateKey);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function createKey(kid: string) {
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid, alg: 'RS256', use: 'sig' };
  return { jwk, privateKey, pem: await exportSPKI(publicKey) };
}
