import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import type { Clock } from '../lib/clock.js';
import type { Logger } from '../lib/logger.js';
import { DAY_MS, MINUTE_MS, SECOND_MS } from '../lib/time.js';

/** Minimum time between two requests for the keys, also after a failed one. */
export const COOLDOWN_MS = 30 * SECOND_MS;

/** Age from which the keys are read again while the present ones serve. */
const FRESH_MS = 10 * MINUTE_MS;

/** Age from which the keys are no longer used, if they cannot be read again. */
const MAX_AGE_MS = DAY_MS;

const TIMEOUT_MS = 5 * SECOND_MS;
const MAX_BYTES = 256 * 1024;

/**
 * The public keys of a token issuer, read from its JWKS URL. Tokens with unknown key ids cause at most one request per
 * cooldown, and requests that wait for the keys share one. Not jose's own remote set, which retries a failed request with
 * the next token, limits no response size, and reads the clock itself.
 */
export class SigningKeys {
  #keys: { readonly find: JWTVerifyGetKey; readonly readAtMs: number } | undefined;
  #requestedAtMs = -Infinity;
  #pending: Promise<void> | undefined;

  constructor(
    private readonly deps: {
      readonly url: string;
      readonly clock: Clock;
      readonly fetch: typeof fetch;
      readonly logger: Pick<Logger, 'warn'>;
    },
  ) {}

  /** Finds the key of a token. It never reads the key, or a URL of keys, from the token. */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    const ageMs = this.deps.clock() - (this.#keys?.readAtMs ?? -Infinity);
    if (ageMs > MAX_AGE_MS) {
      this.#keys = undefined;
      await this.#read();
    } else if (ageMs > FRESH_MS) {
      void this.#read();
    }
    try {
      return await this.#present(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      const before = this.#keys;
      await this.#read();
      if (this.#keys === before) throw error;
      return this.#present(header, token);
    }
  };

  #present: JWTVerifyGetKey = (header, token) => {
    if (this.#keys === undefined) throw new errors.JWKSNoMatchingKey();
    return this.#keys.find(header, token);
  };

  /** Reads the keys, unless they were requested within the cooldown. A failure is logged, and the present keys stay. */
  #read(): Promise<void> {
    const { clock, logger } = this.deps;
    if (this.#pending === undefined && clock() - this.#requestedAtMs < COOLDOWN_MS) return Promise.resolve();
    if (this.#pending === undefined) this.#requestedAtMs = clock();
    this.#pending ??= this.#request()
      .then((keys) => {
        this.#keys = { find: createLocalJWKSet(keys), readAtMs: clock() };
      })
      .catch((error: unknown) => {
        logger.warn(
          { err: error },
          'failed to read the JWKS; tokens signed with keys not read yet are rejected',
        );
      })
      .finally(() => {
        this.#pending = undefined;
      });
    return this.#pending;
  }

  async #request(): Promise<JSONWebKeySet> {
    const response = await this.deps.fetch(this.deps.url, {
      headers: { accept: 'application/jwk-set+json, application/json' },
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (response.status !== 200) {
      await response.body?.cancel();
      throw new Error(`The JWKS URL responded with status ${response.status}.`);
    }
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of response.body ?? []) {
      bytes += chunk.length;
      if (bytes > MAX_BYTES) throw new Error(`The JWKS has more than ${MAX_BYTES} bytes.`);
      chunks.push(chunk);
    }
    return JSON.parse(Buffer.concat(chunks).toString()) as JSONWebKeySet;
  }
}
