import { hash } from 'node:crypto';
import { jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import type { JwtSettings } from '../config/settings.js';
import type { Clock } from '../lib/clock.js';
import { userKeySchema } from '../lib/input/text-schemas.js';
import type { Logger } from '../lib/logger.js';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../lib/time.js';
import type { Viewer } from './viewer.js';

/** Algorithms of keys in a JWKS. HS256 must not be one of them: its key would be a public key, which any caller can read. */
const PUBLIC_KEY_ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];

/** Allowed difference between the clocks of the issuer and the gateway. */
const CLOCK_TOLERANCE_SECONDS = 5;

/** Maximum length of a token, so that a long one is not hashed. */
const MAX_LENGTH = 8_192;

const MAX_CACHED_TOKENS = 10_000;

/** Time for which a token is not verified again, so that a signing key that its issuer removed stops working. */
const REVERIFY_MS = 10 * MINUTE_MS;

type TokenViewer = Extract<Viewer, { expiresAtMs: unknown }>;

interface VerifiedToken {
  readonly viewer: TokenViewer;
  readonly verifiedUntilMs: number;
}

/** Roles that a token may have. A SERVICE acts for every user, so it needs a key that can be revoked. */
const tokenRole = z.enum(['CLIENT', 'MONITOR', 'ADMIN', 'SUPERADMIN']);

/** Verifies JSON Web Tokens. The viewers of verified tokens are cached by the hash of the token. */
export class Tokens {
  readonly #verified = new LRUCache<string, VerifiedToken>({ max: MAX_CACHED_TOKENS });

  constructor(
    private readonly deps: {
      readonly settings: Pick<JwtSettings, 'issuer' | 'audience' | 'roleClaim' | 'maxAgeHours'>;
      /** Shared secret, or a function that finds the public key of a token. */
      readonly key: Uint8Array | JWTVerifyGetKey;
      readonly clock: Clock;
      readonly logger: Pick<Logger, 'debug'>;
    },
  ) {}

  /** Returns the viewer of a token, or undefined for an invalid one. Synchronous for a cached token. */
  find(token: string): Viewer | Promise<Viewer | undefined> | undefined {
    if (token.length > MAX_LENGTH) return undefined;
    const key = hash('sha256', token, 'base64');
    const cached = this.#verified.get(key);
    if (cached !== undefined && this.deps.clock() < cached.verifiedUntilMs) return cached.viewer;
    return this.#verify(token, key);
  }

  async #verify(token: string, key: string): Promise<Viewer | undefined> {
    const { clock, logger } = this.deps;
    try {
      const viewer = this.#viewerOf(await this.#claimsOf(token));
      const verifiedUntilMs = Math.min(viewer.expiresAtMs ?? Infinity, clock() + REVERIFY_MS);
      this.#verified.set(key, { viewer, verifiedUntilMs });
      return viewer;
    } catch (error) {
      // Only the message: errors of jose have the claims of the token as properties.
      logger.debug({ cause: error instanceof Error ? error.message : 'unknown' }, 'token rejected');
      return undefined;
    }
  }

  async #claimsOf(token: string): Promise<JWTPayload> {
    const { settings, key, clock } = this.deps;
    const options = {
      issuer: settings.issuer,
      audience: settings.audience,
      requiredClaims: ['exp', 'iat', 'sub'],
      maxTokenAge: (settings.maxAgeHours * HOUR_MS) / SECOND_MS,
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      currentDate: new Date(clock()),
    };
    const verified =
      typeof key === 'function'
        ? await jwtVerify(token, key, { ...options, algorithms: PUBLIC_KEY_ALGORITHMS })
        : await jwtVerify(token, key, { ...options, algorithms: ['HS256'] });
    return verified.payload;
  }

  #viewerOf(claims: JWTPayload): TokenViewer {
    const { roleClaim, maxAgeHours } = this.deps.settings;
    const { exp = 0, iat = 0 } = claims;
    const expiresAtMs = Math.min(exp * SECOND_MS, iat * SECOND_MS + maxAgeHours * HOUR_MS);
    const subject = userKeySchema.parse(claims.sub);
    const given = roleClaim === undefined ? undefined : claims[roleClaim];
    const role = given === undefined ? 'CLIENT' : tokenRole.parse(given);
    return role === 'CLIENT' ? { role, userKey: subject, expiresAtMs } : { role, id: subject, expiresAtMs };
  }
}
