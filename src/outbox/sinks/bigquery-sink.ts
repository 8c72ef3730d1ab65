import type { Clock } from '../../lib/clock.js';
import type { BigQuerySinkConfig } from '../../config/schema/sink-schema.js';
import { describeError, judgeRows, parseJson, retryAfterMs } from './bigquery-answer.js';
import { bigQueryRow, inRequests, requestBody, type BigQueryRow } from './bigquery-rows.js';
import type { Token } from './google-token.js';
import type { OutgoingEvent } from './outgoing-event.js';
import { DELIVERY_LIMIT_MS, SinkFailure, type Delivery, type Refusal, type Sink } from './sink.js';

/** The answer to a request for which BigQuery, or something before it, has no room. */
const TOO_LARGE = Symbol('too large');

/**
 * Events as rows of a table in BigQuery, by `tabledata.insertAll`, the interaction id as insert id, by which
 * BigQuery tries to know a repetition again. A table keeps no order; `occurredAt` and `receivedAt` tell it.
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
    const ending = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(DELIVERY_LIMIT_MS)]);
    const delivered: number[] = [];
    const refused: Refusal[] = [];
    const requests = inRequests(events.map(bigQueryRow));
    try {
      for (let rows = requests.shift(); rows !== undefined; rows = requests.shift()) {
        const answer = await this.#insert(rows, ending);
        if (answer === TOO_LARGE) {
          const [only] = rows;
          const half = Math.ceil(rows.length / 2);
          if (only !== undefined && rows.length === 1) {
            refused.push({ index: only.index, reason: 'BigQuery takes no event of this size.' });
          } else requests.unshift(rows.slice(0, half), rows.slice(half));
          continue;
        }
        const judged = judgeRows(rows, answer);
        delivered.push(...judged.delivered);
        refused.push(...judged.refused);
        // What was stopped then waits for what failed, lest it gets there first.
        if (judged.failure !== undefined) return { delivered, refused, failure: judged.failure };
        if (judged.stopped.length > 0) requests.unshift([...judged.stopped]);
      }
    } catch (error) {
      return { delivered, refused, failure: SinkFailure.from(error, 'BigQuery could not be reached') };
    }
    return { delivered, refused, failure: undefined };
  }

  close(): Promise<void> {
    this.#closing.abort(new SinkFailure('The sink was closed.'));
    return Promise.resolve();
  }

  /** The body of the answer 200. */
  async #insert(rows: readonly BigQueryRow[], ending: AbortSignal): Promise<unknown> {
    const body = requestBody(rows);
    let { status, text, retryAfter } = await this.#post(body, ending, { fresh: false });
    if (status === 401) ({ status, text, retryAfter } = await this.#post(body, ending, { fresh: true }));
    if (status === 200) return parseJson(text);
    const { reason, message } = describeError(text);
    // BigQuery itself answers 400 to more than 10 MB; what stands before it answers 413 to much more.
    if (status === 413 || (status === 400 && /payload size|too large/i.test(message))) return TOO_LARGE;
    throw new SinkFailure(this.#sentence(status, `${reason} ${message}`.trim()), {
      retryAfterMs: retryAfterMs(retryAfter, this.deps.clock()),
    });
  }

  #sentence(status: number, said: string): string {
    const detail = said === '' ? `HTTP ${status}` : `HTTP ${status}, ${said}`;
    if (status === 401) return `BigQuery does not accept the credentials (${detail}).`;
    if (status === 404) {
      return `BigQuery has no table ${this.#table}: make it, or correct the sink's config (${detail}).`;
    }
    if (status === 403) return `BigQuery does not let the table ${this.#table} be written now (${detail}).`;
    return `BigQuery did not take the events (${detail}).`;
  }

  async #post(
    body: string,
    ending: AbortSignal,
    token: { fresh: boolean },
  ): Promise<{ status: number; text: string; retryAfter: string | null }> {
    const signal = AbortSignal.any([ending, AbortSignal.timeout(this.config.requestTimeoutMs)]);
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

/** What comes of `work`, unless the signal comes first. */
async function orAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
