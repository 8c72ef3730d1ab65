import { once } from 'node:events';
import { Socket } from 'node:net';
import { Client, escapeIdentifier } from 'pg';
import { connectionTo } from '../storage/database/connection.js';
import type { BusOptions, InvalidationBus } from './invalidation-bus.js';
import { SessionBus, type BusSession, type SessionEvents } from './session-bus.js';

/**
 * Opens a bus over PostgreSQL's LISTEN and NOTIFY, on one connection of its own. It notifies after the commit of a change,
 * not within its transaction: a transaction with a notification locks the whole database until its commit is on disk, so
 * such transactions cannot commit as a group.
 */
export function createPostgresBus({ url, channel, ...options }: BusOptions): InvalidationBus {
  return new SessionBus((events) => new PostgresSession(url, channel, events), options);
}

class PostgresSession implements BusSession {
  // Created here, because only destroying the socket closes a connection to a frozen server.
  readonly #socket = new Socket();
  readonly #client: Client;
  readonly #channel: string;

  constructor(url: string, channel: string, events: SessionEvents) {
    this.#channel = channel;
    this.#client = new Client({
      stream: () => this.#socket,
      application_name: 'bellwether bus',
      ...connectionTo(url).address,
    });
    this.#client.on('error', (error) => events.onLost(error));
    this.#client.on('end', () => events.onLost(new Error('the connection was closed')));
    this.#client.on('notification', ({ payload }) => events.onPayload(payload ?? ''));
  }

  async start(): Promise<void> {
    await this.#client.connect();
    // Notifications need not be durable, so they do not wait for the disk.
    const channel = escapeIdentifier(this.#channel);
    await this.#client.query(`set synchronous_commit = off; listen ${channel}`);
  }

  async send(payloads: readonly string[]): Promise<void> {
    await this.#client.query('select pg_notify($1, payload) from unnest($2::text[]) as payload', [
      this.#channel,
      payloads,
    ]);
  }

  async ping(): Promise<void> {
    await this.#client.query('select 1');
  }

  async end(): Promise<void> {
    const ended = this.#client.end();
    this.#socket.destroy();
    if (!this.#socket.closed) await once(this.#socket, 'close');
    await ended;
  }
}
