import { setTimeout as sleep } from 'node:timers/promises';
import { errorMessage } from '../storage/database/error-message.js';
import type { BusSession, OpenSession } from './bus-session.js';
import {
  defaultBusTimings,
  type BusOptions,
  type BusTimings,
  type InvalidationBus,
} from './invalidation-bus.js';
import { decodeInvalidation, encodeInvalidations } from './invalidation-message.js';
import { retryDelayMs } from './retry-delay.js';
import { settlesWithin } from './settles-within.js';
import { UntoldChanges } from './untold-changes.js';

interface Link {
  readonly session: BusSession;
  /** Aborted when the session is of no more use, with the reason. */
  readonly over: AbortController;
}

/**
 * A bus over one session after another: it opens one, proves again and again that it lives, and opens the next
 * when it does not. A session counts once this replica has heard itself over it, so that whatever lets a replica
 * listen without ever hearing, such as a pooler of connections in between, is noticed.
 */
export class SessionBus implements InvalidationBus {
  readonly #options: Omit<BusOptions, 'url' | 'channel'>;
  readonly #openSession: OpenSession;
  readonly #timings: BusTimings;
  readonly #untold = new UntoldChanges();
  readonly #closing = new AbortController();
  readonly #running: Promise<void>;
  #link: Link | undefined;
  #telling: Promise<void> | undefined;
  #reliable = false;
  #failedAttempts = 0;
  #closed = false;

  constructor(openSession: OpenSession, options: Omit<BusOptions, 'url' | 'channel'>) {
    this.#options = options;
    this.#openSession = openSession;
    this.#timings = { ...defaultBusTimings, ...options.timings };
    this.#running = this.#run();
  }

  get reliable(): boolean {
    return this.#reliable;
  }

  publish(userKeys: readonly string[]): void {
    if (this.#closed) return;
    this.#untold.add(userKeys);
    this.#tell();
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#telling !== undefined) await settlesWithin(this.#telling, this.#timings.answerMs);
    this.#closing.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    const limits = { minMs: this.#timings.retryMinMs, maxMs: this.#timings.retryMaxMs };
    while (!signal.aborted) {
      await this.#attendSession().catch((error: unknown) => {
        if (!signal.aborted) this.#reportFailure(error);
      });
      const delayMs = retryDelayMs(this.#failedAttempts, limits, this.#options.random());
      await sleep(delayMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Ends only by a fault, or by being closed. */
  async #attendSession(): Promise<never> {
    const { heartbeatMs, answerMs, giveUpMs, openMs } = this.#timings;
    const over = new AbortController();
    const signal = AbortSignal.any([over.signal, this.#closing.signal]);
    let heardOneself = (): void => undefined;
    const echo = new Promise<void>((resolve) => (heardOneself = resolve));
    const session = this.#openSession({
      onPayload: (payload) => this.#receive(payload, heardOneself),
      onLost: (reason) => over.abort(reason),
    });
    try {
      const opening = this.#open(session, echo);
      if (!(await settlesWithin(opening, openMs, signal))) throw new Error(`no connection in ${openMs} ms`);
      this.#options.handler.onGap();
      this.#setReliable(true);
      this.#link = { session, over };
      this.#tell();
      for (;;) {
        await sleep(heartbeatMs, undefined, { signal });
        const answer = session.ping();
        if (!(await settlesWithin(answer, answerMs, signal))) {
          this.#setReliable(false);
          this.#options.logger.warn({ answerMs }, 'the bus between replicas is slow or frozen');
          if (!(await settlesWithin(answer, giveUpMs, signal))) throw new Error('no answer');
          // What the others said meanwhile came before this answer, so nothing was missed.
          this.#setReliable(true);
        }
        this.#failedAttempts = 0;
      }
    } catch (error) {
      // What fails once the session is over fails because of that.
      signal.throwIfAborted();
      throw error;
    } finally {
      this.#link = undefined;
      over.abort();
      this.#setReliable(false);
      await session.end();
    }
  }

  async #open(session: BusSession, echo: Promise<void>): Promise<void> {
    await session.start();
    await session.send(encodeInvalidations(this.#options.origin, []));
    await echo;
  }

  #receive(payload: string, onOwn: () => void): void {
    const { handler, logger, origin } = this.#options;
    const message = decodeInvalidation(payload);
    if (message?.origin === origin) {
      onOwn();
    } else if (message === undefined) {
      logger.warn('a message between replicas was not understood: a newer version may run beside this one');
      handler.onGap();
    } else if (message.changes === 'everyone') {
      handler.onGap();
    } else if (message.changes.length > 0) {
      handler.onInvalidated(message.changes);
    }
  }

  #tell(): void {
    const link = this.#link;
    if (link === undefined || link.over.signal.aborted) return;
    if (this.#telling !== undefined || this.#untold.isEmpty) return;
    this.#telling = this.#tellAll(link).finally(() => {
      this.#telling = undefined;
      this.#tell();
    });
  }

  /** One after the other; what is added meanwhile goes together. */
  async #tellAll({ session, over }: Link): Promise<void> {
    for (let changes = this.#untold.take(); changes !== undefined; changes = this.#untold.take()) {
      try {
        const sent = session.send(encodeInvalidations(this.#options.origin, changes));
        if (await settlesWithin(sent, this.#timings.giveUpMs, over.signal)) continue;
        throw new Error('a message was not taken');
      } catch (error) {
        this.#untold.add(changes);
        over.abort(error);
        return;
      }
    }
  }

  #setReliable(reliable: boolean): void {
    if (reliable === this.#reliable) return;
    this.#reliable = reliable;
    if (reliable) this.#options.logger.info('replicas tell each other what changes');
    this.#options.handler.onReliabilityChange(reliable);
  }

  /** Only words: the error of a client may carry its options or the refused command, and so the password. */
  #reportFailure(error: unknown): void {
    const { logger } = this.#options;
    const level = this.#failedAttempts++ === 0 ? 'warn' : 'debug';
    logger[level](
      { reason: errorMessage(error) },
      'replicas can not tell each other what changes; trying again',
    );
  }
}
