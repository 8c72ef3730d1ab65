import { Redis, type RedisOptions } from 'ioredis';
import type { BusOptions, InvalidationBus } from './invalidation-bus.js';
import { SessionBus, type BusSession, type SessionEvents } from './session-bus.js';

/** Opens a bus over Redis Pub/Sub. It has two connections, because one that subscribes cannot publish. */
export function createRedisBus({ url, channel, ...options }: BusOptions): InvalidationBus {
  return new SessionBus((events) => new RedisSession(url, channel, events), options);
}

/** {@link SessionBus} reconnects, queues, and times out, so ioredis must do none of that. */
const clientOptions = {
  lazyConnect: true,
  retryStrategy: null,
  enableOfflineQueue: false,
  enableReadyCheck: false,
  connectionName: 'bellwether-bus',
} satisfies RedisOptions;

class RedisSession implements BusSession {
  readonly #publisher: Redis;
  readonly #subscriber: Redis;
  readonly #channel: string;

  constructor(url: string, channel: string, events: SessionEvents) {
    this.#channel = channel;
    this.#publisher = connectionTo(url, events);
    this.#subscriber = connectionTo(url, events);
    this.#subscriber.on('message', (_channel, payload: string) => events.onPayload(payload));
  }

  async start(): Promise<void> {
    await Promise.all([this.#publisher.connect(), this.#subscriber.connect()]);
    await this.#subscriber.subscribe(this.#channel);
  }

  async send(payloads: readonly string[]): Promise<void> {
    await Promise.all(payloads.map((payload) => this.#publisher.publish(this.#channel, payload)));
  }

  async ping(): Promise<void> {
    await Promise.all([this.#publisher.ping(), this.#subscriber.ping()]);
  }

  async end(): Promise<void> {
    await Promise.all([this.#publisher, this.#subscriber].map(disconnect));
  }
}

function connectionTo(url: string, events: SessionEvents): Redis {
  const redis = new Redis(url, clientOptions);
  redis.on('error', (error) => events.onLost(error));
  redis.on('end', () => events.onLost(new Error('the connection was closed')));
  return redis;
}

async function disconnect(redis: Redis): Promise<void> {
  // ioredis declares `stream` as always present, but sets it while connecting.
  const stream = redis.stream as Redis['stream'] | undefined;
  if (stream === undefined) {
    redis.disconnect();
  } else if (!stream.closed) {
    // `disconnect` waits for the server to close its side, which a frozen server never does.
    stream.destroy();
    await new Promise((resolve) => stream.once('close', resolve));
  }
}
