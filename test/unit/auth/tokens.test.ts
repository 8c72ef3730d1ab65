import { createHmac } from 'node:crypto';
import { UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Authentication } from '../../../src/auth/authenticate.js';
import { COOLDOWN_MS, SigningKeys } from '../../../src/auth/signing-keys.js';
import { Tokens } from '../../../src/auth/tokens.js';
import { ANONYMOUS_VIEWER, OPEN_VIEWER, type Viewer } from '../../../src/auth/viewer.js';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../../src/lib/time.js';
import { recordingLogger } from '../../support/log-lines.js';
import { startTokenIssuer, type TokenIssuer } from '../../support/token-issuer.js';

const START_MS = Date.UTC(2026, 5, 15, 12);

let nowMs = START_MS;
const clock = () => nowMs;
let issuer: TokenIssuer;
let authentication: Authentication;
let lines: Record<string, unknown>[];

beforeAll(async () => {
  issuer = await startTokenIssuer(clock);
});
afterAll(() => issuer.close());

beforeEach(() => {
  nowMs = START_MS;
  issuer.respondWith(200);
  const recording = recordingLogger();
  lines = recording.lines;
  const { logger } = recording;
  const { find } = new SigningKeys({ url: issuer.jwksUrl, clock, fetch, logger });
  authentication = authenticationBy(find, logger);
});

type Deps = ConstructorParameters<typeof Tokens>[0];

function authenticationBy(key: Deps['key'], logger: Deps['logger']): Authentication {
  const settings = {
    ...{ issuer: issuer.issuer, audience: issuer.audience },
    ...{ roleClaim: 'https://site.example/role', maxAgeHours: 24 },
  };
  return new Authentication({
    tokens: new Tokens({ settings, key, clock, logger }),
    apiKeys: { exist: false, find: () => undefined, isActive: () => false },
    ...{ openWithoutKeys: false, clock },
  });
}

/** Returns the viewer of a token, or the error. */
async function outcomeOf(token: string): Promise<unknown> {
  try {
    return await authentication.viewerOf({ authorization: `Bearer ${token}`, apiKey: undefined });
  } catch (error) {
    return error;
  }
}

const REJECTED: unknown = expect.objectContaining({
  code: 'UNAUTHENTICATED',
  message:
    'The credentials are invalid or have expired. Send a valid token as "Authorization: Bearer …", or a valid API key as "X-API-Key".',
});

const seconds = (ms: number): number => Math.floor(ms / SECOND_MS);
const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A token with a valid HS256 signature by this secret. */
function signedByHs256(secret: string, header: object = {}): string {
  const iat = seconds(clock());
  const claims = { iss: issuer.issuer, aud: issuer.audience, sub: 'ann', iat, exp: iat + 3_600 };
  const signed = `${encoded({ alg: 'HS256', ...header })}.${encoded(claims)}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

describe('a valid token', () => {
  it('is a CLIENT of its subject until it expires', async () => {
    const token = await issuer.sign();
    const viewer = { role: 'CLIENT', userKey: 'ann', expiresAtMs: START_MS + HOUR_MS };
    expect(await outcomeOf(token)).toEqual(viewer);
    nowMs += HOUR_MS - 1;
    expect(await outcomeOf(token)).toEqual(viewer);
  });

  it('has the role of its role claim', async () => {
    const claims = { 'https://site.example/role': 'ADMIN' };
    expect(await outcomeOf(await issuer.sign({ claims }))).toMatchObject({ role: 'ADMIN', id: 'ann' });
  });

  it('may have several audiences', async () => {
    const claims = { aud: ['another', issuer.audience] };
    expect(await outcomeOf(await issuer.sign({ claims }))).toMatchObject({ role: 'CLIENT' });
  });

  it('is verified once, and again after its signing key may have been removed', async () => {
    const token = await issuer.sign();
    await outcomeOf(token);
    expect(authentication.viewerOf({ authorization: `bearer ${token}`, apiKey: undefined })).toMatchObject({
      role: 'CLIENT',
    });
    nowMs += 11 * MINUTE_MS;
    const again = authentication.viewerOf({ authorization: `Bearer ${token}`, apiKey: undefined });
    expect(again).toBeInstanceOf(Promise);
    await again;
  });

  it('of a shared secret is verified by HS256', async () => {
    const secret = 'a secret of more than 32 bytes, as required';
    authentication = authenticationBy(Buffer.from(secret), recordingLogger().logger);
    expect(await outcomeOf(signedByHs256(secret))).toMatchObject({ role: 'CLIENT', userKey: 'ann' });
    expect(await outcomeOf(signedByHs256(`${secret}.`))).toEqual(REJECTED);
    expect(await outcomeOf(await issuer.sign())).toEqual(REJECTED);
    expect(await outcomeOf(signedByHs256(secret, { alg: 'HS512' }))).toEqual(REJECTED);
  });
});

describe('is rejected with the same message', () => {
  it.each<[what: string, token: () => string | Promise<string>]>([
    ['an empty token', () => ''],
    ['text', () => 'not a token'],
    ['a token without its signature', async () => (await issuer.sign()).replace(/[^.]+$/, '')],
    [
      'a token with changed claims',
      async () => {
        const [header, , signature] = (await issuer.sign()).split('.');
        return [header, encoded({ sub: 'bob' }), signature].join('.');
      },
    ],
    ['a token of more than 8,192 characters', () => issuer.sign({ claims: { text: 'x'.repeat(8_192) } })],
    [
      'alg none',
      () => {
        const iat = seconds(clock());
        return new UnsecuredJWT({ sub: 'ann', iat, exp: iat + 60 })
          .setIssuer(issuer.issuer)
          .setAudience(issuer.audience)
          .encode();
      },
    ],
    ['HS256 signed with the RSA public key', () => signedByHs256(issuer.publicKey)],
    [
      'HS256 signed with the RSA public key, with its key id',
      () => signedByHs256(issuer.publicKey, { kid: 'key-1' }),
    ],
    [
      'an algorithm that does not fit the key',
      () => issuer.sign().then((token) => token.replace(/^[^.]+/, encoded({ alg: 'PS256', kid: 'key-1' }))),
    ],
    ['an unknown kid', () => issuer.sign({ header: { kid: 'other' } })],
    ['a kid with a path', () => issuer.sign({ header: { kid: '../../../../dev/null' } })],
    ['a key in its header', () => issuer.sign({ header: { kid: 'other', jku: issuer.jwksUrl } })],
    [
      'a critical extension',
      async () =>
        (await issuer.sign()).replace(
          /^[^.]+/,
          encoded({ alg: 'RS256', kid: 'key-1', crit: ['b64'], b64: false }),
        ),
    ],
  ])('%s', async (_what, token) => {
    expect(await outcomeOf(await token())).toEqual(REJECTED);
  });

  it.each<[what: string, claims: (nowSeconds: number) => Record<string, unknown>]>([
    ['another issuer', () => ({ iss: 'https://other.example/' })],
    ['no issuer', () => ({ iss: undefined })],
    ['another audience', () => ({ aud: 'another' })],
    ['no audience', () => ({ aud: undefined })],
    ['no exp', () => ({ exp: undefined })],
    ['a text as exp', (now) => ({ exp: String(now + 60) })],
    ['no iat', () => ({ iat: undefined })],
    ['a text as iat', (now) => ({ iat: String(now) })],
    ['a future iat', (now) => ({ iat: now + 60, exp: now + 120 })],
    ['an iat of more than 24 hours ago', (now) => ({ iat: now - 25 * 3_600, exp: now + 60 })],
    ['no sub', () => ({ sub: undefined })],
    ['an array as sub', () => ({ sub: ['ann'] })],
    ['a number as sub', () => ({ sub: 7 })],
    ['an empty sub', () => ({ sub: '' })],
    ['a sub with a control character', () => ({ sub: 'ann\n' })],
    ['a sub of 129 characters', () => ({ sub: 'x'.repeat(129) })],
    ['an exp in the past', (now) => ({ iat: now - 3_600, exp: now - 6 })],
    ['a future nbf', (now) => ({ nbf: now + 60 })],
    ['an unknown role', () => ({ 'https://site.example/role': 'ROOT' })],
    ['a role that requires an API key', () => ({ 'https://site.example/role': 'SERVICE' })],
    ['an array as role', () => ({ 'https://site.example/role': ['ADMIN'] })],
    ['null as role', () => ({ 'https://site.example/role': null })],
  ])('%s', async (_what, claims) => {
    expect(await outcomeOf(await issuer.sign({ claims: claims(seconds(START_MS)) }))).toEqual(REJECTED);
  });

  it('a token that was valid and has expired', async () => {
    const token = await issuer.sign();
    expect(await outcomeOf(token)).toMatchObject({ role: 'CLIENT' });
    nowMs += HOUR_MS + 6 * SECOND_MS;
    expect(await outcomeOf(token)).toEqual(REJECTED);
  });

  it('a token together with an API key', async () => {
    const authorization = `Bearer ${await issuer.sign()}`;
    expect(() => authentication.viewerOf({ authorization, apiKey: 'bwk_1' })).toThrow(REJECTED);
  });

  it('a token while the JWKS URL fails, with at most one request in 30 seconds', async () => {
    const token = await issuer.sign();
    for (const [status, body] of [
      [500],
      [200, 'not JSON'],
      [200, '{}'],
      [200, ' '.repeat(300 * 1024)],
    ] as const) {
      issuer.respondWith(status, body);
      const before = issuer.requests();
      for (let attempt = 0; attempt < 5; attempt++) expect(await outcomeOf(token)).toEqual(REJECTED);
      expect(issuer.requests() - before).toBe(1);
      nowMs += COOLDOWN_MS;
    }
    issuer.respondWith(200);
    expect(await outcomeOf(token)).toMatchObject({ role: 'CLIENT' });
  });
});

it('logs the cause of a rejection only at the level debug, without the token', async () => {
  const token = await issuer.sign({ claims: { aud: 'another' } });
  await outcomeOf(token);
  expect(lines).toMatchObject([{ level: 20, msg: 'token rejected', cause: 'unexpected "aud" claim value' }]);
  expect(JSON.stringify(lines)).not.toContain(token.split('.')[1]);
});

it('no credentials are ANONYMOUS, and so are those of a proxy in front', () => {
  for (const authorization of [undefined, 'Basic YW5uOmJvYg==']) {
    expect(authentication.viewerOf({ authorization, apiKey: undefined })).toEqual({ role: 'ANONYMOUS' });
  }
});

describe('the viewer of an open connection', () => {
  it('is valid until its token expires', async () => {
    const viewer = (await outcomeOf(await issuer.sign())) as Viewer;
    expect(authentication.isValid(viewer)).toBe(true);
    nowMs += HOUR_MS;
    expect(authentication.isValid(viewer)).toBe(false);
  });

  it('is valid until its key is revoked, or the gateway is no longer open', () => {
    const active = new Set(['k1']);
    const apiKeys = { exist: false, find: () => undefined, isActive: (id: string) => active.has(id) };
    const ofKeys = new Authentication({ tokens: undefined, apiKeys, openWithoutKeys: true, clock });
    const service: Viewer = { role: 'SERVICE', id: 'k1', expiresAtMs: null };
    const all: Viewer[] = [service, OPEN_VIEWER, ANONYMOUS_VIEWER];
    expect(all.map((viewer) => ofKeys.isValid(viewer))).toEqual([true, true, true]);
    active.clear();
    apiKeys.exist = true;
    expect(all.map((viewer) => ofKeys.isValid(viewer))).toEqual([false, false, true]);
  });
});

describe('1,000 tokens with random key ids', () => {
  it('cause one request for the JWKS in 30 seconds, and valid tokens stay valid', async () => {
    const valid = await issuer.sign();
    await outcomeOf(valid);
    nowMs += COOLDOWN_MS;
    const before = issuer.requests();
    const forged = await Promise.all(
      Array.from({ length: 1_000 }, (_, index) => issuer.sign({ header: { kid: `random-${index}` } })),
    );
    expect(await Promise.all(forged.slice(500).map(outcomeOf))).toEqual(Array(500).fill(REJECTED));
    for (const token of forged.slice(0, 500)) {
      expect(await outcomeOf(token)).toEqual(REJECTED);
      nowMs += 50;
    }
    expect(issuer.requests() - before).toBe(1);
    expect(await outcomeOf(valid)).toMatchObject({ role: 'CLIENT' });
  });
});

describe('the signing keys', () => {
  it('are requested once for concurrent tokens', async () => {
    const before = issuer.requests();
    const tokens = await Promise.all(['a', 'b', 'c'].map((sub) => issuer.sign({ claims: { sub } })));
    const viewers = await Promise.all(tokens.map(outcomeOf));
    expect(viewers).toMatchObject(['a', 'b', 'c'].map((userKey) => ({ userKey })));
    expect(issuer.requests() - before).toBe(1);
  });

  it('are read again for a token with a new key id', async () => {
    const old = await issuer.sign();
    await outcomeOf(old);
    await issuer.rotate();
    nowMs += COOLDOWN_MS;
    expect(await outcomeOf(await issuer.sign())).toMatchObject({ role: 'CLIENT' });
    expect(await outcomeOf(old)).toMatchObject({ role: 'CLIENT' });
  });

  it('are used for a day while the JWKS URL fails', async () => {
    const sign = () => issuer.sign({ claims: { sub: `user ${nowMs}` } });
    await outcomeOf(await sign());
    issuer.respondWith(500);
    nowMs += 23 * HOUR_MS;
    expect(await outcomeOf(await sign())).toMatchObject({ role: 'CLIENT' });
    nowMs += 2 * HOUR_MS;
    expect(await outcomeOf(await sign())).toEqual(REJECTED);
  });
});

it('a redirect of the JWKS URL is not followed', async () => {
  const { logger } = recordingLogger();
  const { find } = new SigningKeys({
    url: issuer.jwksUrl,
    clock,
    logger,
    fetch: (url, init) => {
      expect(init?.redirect).toBe('error');
      return fetch(url, init);
    },
  });
  authentication = authenticationBy(find, logger);
  expect(await outcomeOf(await issuer.sign())).toMatchObject({ role: 'CLIENT' });
});
