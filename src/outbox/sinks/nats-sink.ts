import { readFile } from 'node:fs/promises';
import { jetstream, jetstreamManager, JetStreamApiCodes, JetStreamApiError } from '@nats-io/jetstream';
import type { JetStreamClient } from '@nats-io/jetstream';
import {
  connect,
  credsAuthenticator,
  nanos,
  usernamePasswordAuthenticator,
  type Authenticator,
  type NatsConnection,
} from '@nats-io/transport-node';
import type { NatsSinkConfig } from '../../config/schema/sink-schema.js';
import type { OutgoingEvent } from './outgoing-event.js';
import { DELIVERY_LIMIT_MS, SinkFailure, type Delivery, type RejectedEvent, type Sink } from './sink.js';

const CONNECT_TIMEOUT_MS = 5_000;
const PING_INTERVAL_MS = 10_000;

/** JetStream error code of a message above the stream's maximum message size. */
const MESSAGE_TOO_LARGE = 10_054;

/**
 * Publishes events to a JetStream stream. The interaction id is the message id, so JetStream drops duplicates within the
 * stream's duplicate window.
 *
 * The sink publishes the events of one user one at a time, so none is stored before an earlier one whose outcome is
 * unknown; events of different users are published concurrently. The connection does not reconnect by itself, because it
 * would then send buffered events after events that were sent again. The next delivery opens a new connection.
 */
export class NatsSink implements Sink {
  readonly name: string;
  #connection: NatsConnection | undefined;
  #client: JetStreamClient | undefined;
  #closed = false;

  constructor(private readonly config: NatsSinkConfig) {
    this.name = config.name;
  }

  async deliver(events: readonly OutgoingEvent[]): Promise<Delivery> {
    // After this, only acknowledgements of published events are awaited.
    const outOfTime = AbortSignal.timeout(DELIVERY_LIMIT_MS - this.config.ackTimeoutMs);
    const client = await this.#connect();
    const delivered: number[] = [];
    const rejected: RejectedEvent[] = [];
    let failure: SinkFailure | undefined;
    const publishInOrder = async (eventsOfUser: readonly [number, OutgoingEvent][]): Promise<void> => {
      for (const [index, event] of eventsOfUser) {
        if (failure !== undefined || outOfTime.aborted) return;
        try {
          await this.#publish(client, event);
          delivered.push(index);
        } catch (error) {
          if (error instanceof JetStreamApiError && error.code === MESSAGE_TOO_LARGE) {
            rejected.push({
              index,
              reason: `The event exceeds the message size of the stream ${this.config.stream}.`,
            });
            continue;
          }
          failure ??= SinkFailure.from(error, `The stream ${this.config.stream} did not store an event`);
        }
      }
    };
    await Promise.all([...groupByUser(events).values()].map(publishInOrder));
    if (failure !== undefined) await this.#disconnect();
    return { delivered: delivered.sort((a, b) => a - b), rejected, failure };
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#disconnect();
  }

  async #publish(client: JetStreamClient, event: OutgoingEvent): Promise<void> {
    const { subjectPrefix, stream, ackTimeoutMs } = this.config;
    await client.publish(`${subjectPrefix}.${event.eventType.toLowerCase()}`, JSON.stringify(event), {
      msgID: event.interactionId,
      timeout: ackTimeoutMs,
      expect: { streamName: stream },
    });
  }

  async #connect(): Promise<JetStreamClient> {
    if (this.#client !== undefined && this.#connection?.isClosed() === false) return this.#client;
    const { servers, tls } = this.config;
    try {
      const authenticator = await this.#authenticator();
      this.#connection = await connect({
        servers,
        name: 'bellwether',
        reconnect: false,
        timeout: CONNECT_TIMEOUT_MS,
        pingInterval: PING_INTERVAL_MS,
        noAsyncTraces: true,
        ...(authenticator === undefined ? {} : { authenticator }),
        ...(tls === undefined ? {} : { tls: withoutUndefined(tls) }),
      });
      await this.#ensureStream(this.#connection);
    } catch (error) {
      await this.#disconnect();
      throw SinkFailure.from(
        error,
        `The stream ${this.config.stream} at ${servers.join(', ')} cannot be opened`,
      );
    }
    if (this.#closed) {
      await this.#disconnect();
      throw new SinkFailure('The sink was closed.');
    }
    this.#client = jetstream(this.#connection);
    return this.#client;
  }

  async #ensureStream(connection: NatsConnection): Promise<void> {
    const { stream, subjectPrefix, createStream, duplicateWindowSeconds } = this.config;
    if (!createStream) return;
    const { streams } = await jetstreamManager(connection, { checkAPI: false, timeout: CONNECT_TIMEOUT_MS });
    try {
      await streams.info(stream);
    } catch (error) {
      const missing = error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound;
      if (!missing) throw error;
      const duplicate_window = nanos(duplicateWindowSeconds * 1_000);
      await streams.add({ name: stream, subjects: [`${subjectPrefix}.*`], duplicate_window });
    }
  }

  async #authenticator(): Promise<Authenticator | undefined> {
    const { credentialsFile, user, passwordFile } = this.config;
    if (credentialsFile !== undefined) return credsAuthenticator(await readFile(credentialsFile));
    if (user === undefined || passwordFile === undefined) return undefined;
    return usernamePasswordAuthenticator(user, (await readFile(passwordFile, 'utf8')).trim());
  }

  async #disconnect(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    this.#client = undefined;
    await connection?.close();
  }
}

/** The events of each user in order, with their indexes in the batch. */
function groupByUser(events: readonly OutgoingEvent[]): Map<string, [number, OutgoingEvent][]> {
  const users = new Map<string, [number, OutgoingEvent][]>();
  for (const entry of events.entries()) {
    const { user } = entry[1];
    const earlier = users.get(user);
    if (earlier === undefined) users.set(user, [entry]);
    else earlier.push(entry);
  }
  return users;
}

function withoutUndefined(files: NonNullable<NatsSinkConfig['tls']>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(files).flatMap(([name, file]) => (file === undefined ? [] : [[name, file]])),
  );
}
