import type { BigQuerySinkConfig } from '../../config/schema/sink-schema.js';
import type { Clock } from '../../lib/clock.js';
import { retryAfterMs } from '../../lib/retry.js';
import { orAborted } from '../../lib/timeout.js';
import {
  bigQueryRow,
  parseJson,
  readErrorResponse,
  readInsertResponse,
  requestBody,
  splitIntoRequests,
  type BigQueryRow,
} from './bigquery-protocol.js';
import type { Token } from './google-token.js';
import type { OutgoingEvent } from './outgoing-event.js';
import { DELIVERY_LIMIT_MS, SinkFailure, type Delivery, type RejectedEvent, type Sink } from './sink.js';

/** The response to a request that BigQuery, or a proxy before it, finds too large. */
const TOO_LARGE = Symbol('too large');

/**
 * Inserts events into a BigQuery table by `tabledata.insertAll`. The interaction id is the insert id, by which BigQuery
 * deduplicates for about a minute. A table keeps no order: sort by `occurredAt` or `receivedAt`.
 *
 * https://cloud.google.com/bigquery/docs/reference/rest/v2/tabledata/insertAll
 */
export class BigQuerySink implements Sink {
  readonly name: string;
  readonly #url: string;
  readonly #table: string;
  readonly #closing = new AbortController();

  constructor(
    private readonly config: BigQuerySinkConfig,
    private readonly deps: { readonly token: Token; readonly clock: Clock },
  ) {
    const { name, endpoint, project, dataset, table } = config;
    this.name = name;
    this.#table = `${project}.${dataset}.${table}`;
    const path = ['projects', project, 'datasets', dataset, 'tables', table, 'insertAll'];
    this.#url = `${endpoint.replace(/\/+$/, '')}/bigquery/v2/${path.map(encodeURIComponent).join('/')}`;
  }

  async deliver(events: readonly OutgoingEvent[]): Promise<Delivery> {
    const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(DELIVERY_LIMIT_MS)]);
    const delivered: number[] = [];
    const rejected: RejectedEvent[] = [];
    const requests = splitIntoRequests(events.map(bigQueryRow));
    try {
      for (let rows = requests.shift(); rows !== undefined; rows = requests.shift()) {
        const response = await this.#insert(rows, signal);
        if (response === TOO_LARGE) {
          const [only] = rows;
          const half = Math.ceil(rows.length / 2);
          if (only !== undefined && rows.length === 1) {
            rejected.push({ index: only.index, reason: 'The event exceeds the request size of BigQuery.' });
          } else requests.unshift(rows.slice(0, half), rows.slice(half));
          continue;
        }
        const result = readInsertResponse(rows, response);
        delivered.push(...result.delivered);
        rejected.push(...result.rejected);
        // Stopped rows then wait for the failed ones, so that none is inserted before an earlier event.
        if (result.failure !== undefined) return { delivered, rejected, failure: result.failure };
        if (result.stopped.length > 0) requests.unshift([...result.stopped]);
      }
    } catch (error) {
      return { delivered, rejected, failure: SinkFailure.from(error, 'BigQuery could not be reached') };
    }
    return { delivered, rejected, failure: undefined };
  }

  close(): Promise<void> {
    this.#closing.abort(new SinkFailure('The sink was closed.'));
    return Promise.resolve();
  }

  /** @returns the parsed body of a 200 response. */
  async #insert(rows: readonly BigQueryRow[], deliverySignal: AbortSignal): Promise<unknown> {
    const body = requestBody(rows);
    let { status, text, retryAfter } = await this.#post(body, deliverySignal, { fresh: false });
    if (status === 401) {
      ({ status, text, retryAfter } = await this.#post(body, deliverySignal, { fresh: true }));
    }
    if (status === 200) return parseJson(text);
    const { reason, message } = readErrorResponse(text);
    // BigQuery answers 400 to more than 10 MB; the proxy before it answers 413 to much more.
    if (status === 413 || (status === 400 && /payload size|too large/i.test(message))) return TOO_LARGE;
    const delayMs = retryAfterMs(retryAfter, this.deps.clock()) ?? 0;
    throw new SinkFailure(this.#describe(status, `${reason} ${message}`.trim()), {
      retryAfterMs: delayMs > 0 ? delayMs : undefined,
    });
  }

  #describe(status: number, details: string): string {
    const detail = details === '' ? `HTTP ${status}` : `HTTP ${status}, ${details}`;
    switch (status) {
      case 401:
        return `BigQuery does not accept the credentials (${detail}).`;
      case 403:
        return `BigQuery denies writing to the table ${this.#table} (${detail}).`;
      case 404:
        return `BigQuery has no table ${this.#table}: create it, or correct the config of the sink (${detail}).`;
      default:
        return `BigQuery did not insert the events (${detail}).`;
    }
  }

  async #post(
    body: string,
    deliverySignal: AbortSignal,
    token: { fresh: boolean },
  ): Promise<{ status: number; text: string; retryAfter: string | null }> {
    const signal = AbortSignal.any([deliverySignal, AbortSignal.timeout(this.config.requestTimeoutMs)]);
    const bearer = await orAborted(this.deps.token(token), signal);
    const response = await fetch(this.#url, {
      method: 'POST',
      headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
      body,
      redirect: 'error',
      signal,
    });
    return {
      status: response.status,
      text: await response.text(),
      retryAfter: response.headers.get('retry-after'),
    };
  }
}
