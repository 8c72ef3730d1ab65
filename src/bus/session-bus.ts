import { setTimeout as sleep } from 'node:timers/promises';
import { errorMessage } from '../lib/errors.js';
import { backoffMs } from '../lib/retry.js';
import { completesWithin } from '../lib/timeout.js';
import {
  defaultBusTimings,
  type BusOptions,
  type BusTimings,
  type InvalidationBus,
} from './invalidation-bus.js';
import {
  decodeInvalidation,
  encodeInvalidations,
  encodePrivacyMessage,
  PendingInvalidations,
} from './invalidation-message.js';

/** The connections to a server, from connecting to their first failure. */
export interface BusSession {
  /** Connects and subscribes. */
  start(): Promise<void>;
  /** Sends messages to every subscriber, including this session. */
  send(payloads: readonly string[]): Promise<void>;
  /** Resolves when every connection works and has delivered all messages that the server sent before. */
  ping(): Promise<void>;
  /** Closes every connection immediately, in any state. Work in progress may fail or never settle. */
  end(): Promise<void>;
}

export interface SessionEvents {
  onPayload(payload: string): void;
  /** A connection was lost, so the session cannot be used any more. */
  onLost(reason: unknown): void;
}

type OpenSession = (events: SessionEvents) => BusSession;

interface Link {
  readonly session: BusSession;
  /** Aborted with the reason when the session cannot be used any more. */
  readonly over: AbortController;
}

/**
 * A bus over a sequence of sessions: it opens a session, pings it regularly, and opens the next one when it fails. A session
 * is used once this replica has received its own message over it. This detects subscriptions that never deliver, such as
 * through a connection pooler.
 */
export class SessionBus implements InvalidationBus {
  readonly #options: Omit<BusOptions, 'url' | 'channel'>;
  readonly #openSession: OpenSession;
  readonly #timings: BusTimings;
  readonly #pending = new PendingInvalidations();
  /** Whether the message about privacy changes is to be sent. */
  #announcesPrivacy = false;
  readonly #closing = new AbortController();
  readonly #running: Promise<void>;
  #link: Link | undefined;
  #sending: Promise<void> | undefined;
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
    this.#pending.add(userKeys);
    this.#sendPending();
  }

  announcePrivacyChanges(): void {
    if (this.#closed) return;
    this.#announcesPrivacy = true;
    this.#sendPending();
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#sending !== undefined) await completesWithin(this.#sending, this.#timings.answerMs);
    this.#closing.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    const limits = { initialMs: this.#timings.retryMinMs, maxMs: this.#timings.retryMaxMs };
    while (!signal.aborted) {
      await this.#runSession().catch((error: unknown) => {
        if (!signal.aborted) this.#reportFailure(error);
      });
      const delayMs = backoffMs(this.#failedAttempts, limits, 0.5 + this.#options.random());
      await sleep(delayMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Rejects when the session fails or the bus is closed; never resolves. */
  async #runSession(): Promise<never> {
    const { heartbeatMs, answerMs, giveUpMs, openMs } = this.#timings;
    const over = new AbortController();
    const signal = AbortSignal.any([over.signal, this.#closing.signal]);
    let onOwnMessage = (): void => undefined;
    const echo = new Promise<void>((resolve) => (onOwnMessage = resolve));
    const session = this.#openSession({
      onPayload: (payload) => this.#receive(payload, onOwnMessage),
      onLost: (reason) => over.abort(reason),
    });
    try {
      const opening = this.#open(session, echo);
      if (!(await completesWithin(opening, openMs, signal)))
        throw new Error(`no connection within ${openMs} ms`);
      this.#options.handler.onGap();
      this.#setReliable(true);
      this.#link = { session, over };
      this.#sendPending();
      for (;;) {
        await sleep(heartbeatMs, undefined, { signal });
        const answer = session.ping();
        if (!(await completesWithin(answer, answerMs, signal))) {
          this.#setReliable(false);
          this.#options.logger.warn(
            { answerMs },
            'invalidation bus does not answer; cached profiles get a short TTL',
          );
          if (!(await completesWithin(answer, giveUpMs, signal))) throw new Error('no answer to a ping');
          // Messages sent meanwhile arrived before this answer, so none was lost.
          this.#setReliable(true);
        }
        this.#failedAttempts = 0;
      }
    } catch (error) {
      // An error after the session was lost is a consequence: report the loss.
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

  #receive(payload: string, onOwnMessage: () => void): void {
    const { handler, logger, origin } = this.#options;
    const message = decodeInvalidation(payload);
    if (message?.origin === origin) {
      onOwnMessage();
    } else if (message === undefined) {
      logger.warn(
        'unknown invalidation message, perhaps from a newer version; all cached profiles are invalidated',
      );
      handler.onGap();
    } else if (message.changes === 'privacy') {
      handler.onPrivacyChanges();
    } else if (message.changes === 'all') {
      handler.onGap();
    } else if (message.changes.length > 0) {
      handler.onInvalidated(message.changes);
    }
  }

  #sendPending(): void {
    const link = this.#link;
    if (link === undefined || link.over.signal.aborted) return;
    if (this.#sending !== undefined || (this.#pending.isEmpty && !this.#announcesPrivacy)) return;
    this.#sending = this.#sendAll(link).finally(() => {
      this.#sending = undefined;
      this.#sendPending();
    });
  }

  /** Sends messages sequentially; changes added meanwhile are sent together. */
  async #sendAll({ session, over }: Link): Promise<void> {
    const { origin } = this.#options;
    for (;;) {
      const changes = this.#pending.take();
      const announcesPrivacy = this.#announcesPrivacy;
      this.#announcesPrivacy = false;
      const messages = [
        ...(announcesPrivacy ? [encodePrivacyMessage(origin)] : []),
        ...(changes === undefined ? [] : encodeInvalidations(origin, changes)),
      ];
      if (messages.length === 0) return;
      try {
        const sent = session.send(messages);
        if (await completesWithin(sent, this.#timings.giveUpMs, over.signal)) continue;
        throw new Error('sending a message timed out');
      } catch (error) {
        if (changes !== undefined) this.#pending.add(changes);
        this.#announcesPrivacy ||= announcesPrivacy;
        over.abort(error);
        return;
      }
    }
  }

  #setReliable(reliable: boolean): void {
    if (reliable === this.#reliable) return;
    this.#reliable = reliable;
    if (reliable) this.#options.logger.info('invalidation bus connected');
    this.#options.handler.onReliabilityChange(reliable);
  }

  /** Logs only the message: the error of a client may contain its options or the rejected command, and so the password. */
  #reportFailure(error: unknown): void {
    const { logger } = this.#options;
    const level = this.#failedAttempts++ === 0 ? 'warn' : 'debug';
    logger[level]({ reason: errorMessage(error) }, 'invalidation bus disconnected, retrying');
  }
}
