import { hash } from 'node:crypto';
import { Redis } from 'ioredis';
import { LRUCache } from 'lru-cache';
import { RateLimiterMemory, RateLimiterRedis, type RateLimiterRes } from 'rate-limiter-flexible';
import { CircuitBreaker } from '../../lib/circuit-breaker.js';
import type { Clock } from '../../lib/clock.js';
import { errorMessage } from '../../lib/errors.js';
import type { Logger } from '../../lib/logger.js';
import { SECOND_MS } from '../../lib/time.js';
import { withTimeout } from '../../lib/timeout.js';

/** Points that a key has consumed in its window. The window begins with its first point. */
export interface Consumed {
  readonly points: number;
  /** Milliseconds until the window ends. */
  readonly resetMs: number;
}

/** Counts the points of keys in this process. */
export class LocalCounters {
  readonly #limiters = new Map<number, RateLimiterMemory>();
  /** Bounds the keys in memory: the least recently used one gets a new window. */
  readonly #keys: LRUCache<string, RateLimiterMemory>;

  constructor(maxKeys: number) {
    this.#keys = new LRUCache({
      max: maxKeys,
      noDisposeOnSet: true,
      dispose: (limiter, key) => void limiter.delete(key),
    });
  }

  async add(key: string, points: number, seconds: number): Promise<Consumed> {
    let limiter = this.#limiters.get(seconds);
    if (limiter === undefined) {
      limiter = new RateLimiterMemory({ points: 1, duration: seconds, keyPrefix: '' });
      this.#limiters.set(seconds, limiter);
    }
    this.#keys.set(key, limiter);
    return consumed(await limiter.penalty(key, points));
  }
}

/** No request waits longer for Redis. */
const MAX_WAIT_MS = 50;

/** A connection without an answer for this long is replaced. */
const SOCKET_TIMEOUT_MS = 5 * SECOND_MS;

const MAX_RECONNECT_MS = 2 * SECOND_MS;

/** Counts the points of keys for all replicas, in Redis. */
export class SharedCounters {
  readonly #redis: Redis;
  readonly #breaker: CircuitBreaker;
  readonly #limiters = new Map<number, RateLimiterRedis>();

  /** @param deps.prefix distinguishes gateways that share a Redis. */
  constructor(
    private readonly deps: {
      readonly url: string;
      readonly prefix: string;
      readonly clock: Clock;
      readonly logger: Logger;
    },
  ) {
    this.#redis = new Redis(deps.url, {
      connectionName: 'bellwether-rate-limits',
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      socketTimeout: SOCKET_TIMEOUT_MS,
      retryStrategy: (attempt) => Math.min(attempt * 100, MAX_RECONNECT_MS),
    });
    // The circuit breaker reports failures.
    this.#redis.on('error', () => undefined);
    this.#breaker = new CircuitBreaker({ name: 'redis rate limits', ...deps });
  }

  /** Returns undefined if Redis does not answer in time. */
  async add(key: string, points: number, seconds: number): Promise<Consumed | undefined> {
    const result = await this.#breaker.call(() =>
      withTimeout(() => this.#limiterOf(seconds).penalty(hashOf(key), points), MAX_WAIT_MS).catch(
        (error: unknown) => {
          // An error of the client contains the command, and may contain the password.
          throw new Error(errorMessage(error));
        },
      ),
    );
    return result.failed ? undefined : consumed(result.value);
  }

  close(): void {
    this.#redis.disconnect();
  }

  #limiterOf(seconds: number): RateLimiterRedis {
    let limiter = this.#limiters.get(seconds);
    if (limiter === undefined) {
      limiter = new RateLimiterRedis({
        storeClient: this.#redis,
        keyPrefix: `${this.deps.prefix}:${seconds}`,
        points: 1,
        duration: seconds,
        rejectIfRedisNotReady: true,
      });
      this.#limiters.set(seconds, limiter);
    }
    return limiter;
  }
}

/** Keeps user keys and addresses out of Redis. */
function hashOf(key: string): string {
  return hash('sha256', key, 'base64url');
}

function consumed({ consumedPoints, msBeforeNext }: RateLimiterRes): Consumed {
  return { points: consumedPoints, resetMs: Math.max(0, msBeforeNext) };
}
