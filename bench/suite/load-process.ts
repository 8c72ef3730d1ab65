/**
 * The process that loads a server. It gets a {@link LoadSpec} as a message, sends requests, checks every response, and
 * replies with a {@link LoadResult}.
 *
 * It uses undici rather than autocannon, at the same processor time per request: autocannon measures latency in whole
 * milliseconds, and its constant rate sends the requests of a second at the beginning of the second.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Pool, type Dispatcher } from 'undici';
import { requestsOf, type Request, type Requests, type Traffic, type TrafficKind } from './traffic.ts';

export interface LoadSpec {
  /** Origin of the server, such as `http://127.0.0.1:4000`. */
  readonly url: string;
  readonly traffic: Traffic;
  readonly seed: number;
  readonly connections: number;
  readonly seconds: number;
  /** Requests a second, sent whether or not earlier ones are answered; undefined: each connection has one at a time. */
  readonly rate?: number;
  /** Whether the server may reject requests with 503 and Retry-After. */
  readonly mayShed: boolean;
}

/** Responses of one kind within the time of the load. */
export interface Answered {
  readonly count: number;
  readonly perSecond: number;
  /** From when the request was sent, or due at a constant rate, to the end of the response. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

export interface Failure {
  readonly reason: string;
  readonly count: number;
  /** The beginning of the first such response. */
  readonly example: string;
}

export interface LoadResult {
  readonly answered: Readonly<Partial<Record<TrafficKind, Answered>>>;
  readonly degraded: number;
  /** Degraded feeds by their reasons. */
  readonly degradedBy: Readonly<Record<string, number>>;
  /** Responses 503 with Retry-After and the code UNAVAILABLE. */
  readonly shed: Answered;
  /** Requests that the load could not send at the rate, because too many had no response. */
  readonly unsent: number;
  readonly failures: readonly Failure[];
  /** Share of the time that the load process used its processor, 0–1. From about 0.9 on, it limits the result. */
  readonly busy: number;
}

/** At a constant rate, no further requests are sent while so many have no response. */
const MAX_OUTSTANDING = 20_000;
const RESPONSE_TIMEOUT_MS = 60_000;
const EXAMPLE_CHARACTERS = 300;

process.on('message', (spec: LoadSpec) => {
  void load(spec).then((result) => process.send?.(result));
});
process.on('disconnect', () => process.exit());

async function load(spec: LoadSpec): Promise<LoadResult> {
  const requests = requestsOf(spec.traffic, spec.seed);
  const tally = new Tally(spec, requests);
  const cpu = process.cpuUsage();
  const startMs = performance.now();
  const unsent =
    spec.rate === undefined
      ? await closedLoop(spec, requests, tally)
      : await paced(spec, spec.rate, requests, tally);
  const elapsedMs = performance.now() - startMs;
  const { user, system } = process.cpuUsage(cpu);
  return tally.result(unsent, (user + system) / 1_000 / elapsedMs);
}

async function closedLoop(spec: LoadSpec, requests: Requests, tally: Tally): Promise<number> {
  const endMs = performance.now() + 1_000 * spec.seconds;
  const connection = async (): Promise<void> => {
    const client = new Client(spec.url, {
      pipelining: 1,
      bodyTimeout: RESPONSE_TIMEOUT_MS,
      headersTimeout: RESPONSE_TIMEOUT_MS,
    });
    while (performance.now() < endMs) {
      const request = requests.next();
      const sentMs = performance.now();
      const response = await post(client, request);
      const nowMs = performance.now();
      tally.add(request.kind, response, { latencyMs: nowMs - sentMs, isInTime: nowMs <= endMs });
      // A server that is gone must not turn the loop into a busy one.
      if (response instanceof Error) await sleep(10);
    }
    await client.close();
  };
  await Promise.all(Array.from({ length: spec.connections }, connection));
  return 0;
}

async function paced(spec: LoadSpec, rate: number, requests: Requests, tally: Tally): Promise<number> {
  const pool = new Pool(spec.url, {
    ...{ connections: spec.connections, pipelining: 1 },
    ...{ bodyTimeout: RESPONSE_TIMEOUT_MS, headersTimeout: RESPONSE_TIMEOUT_MS },
  });
  const startMs = performance.now();
  const endMs = startMs + 1_000 * spec.seconds;
  const total = Math.floor(rate * spec.seconds);
  const responses = new Set<Promise<void>>();
  let unsent = 0;
  for (let number = 0; number < total;) {
    const due = Math.min(total, Math.floor(((performance.now() - startMs) / 1_000) * rate));
    for (; number < due; number += 1) {
      if (responses.size >= MAX_OUTSTANDING) {
        unsent += 1;
        continue;
      }
      const request = requests.next();
      const dueMs = startMs + (number / rate) * 1_000;
      const response = post(pool, request).then((each) => {
        const nowMs = performance.now();
        responses.delete(response);
        tally.add(request.kind, each, { latencyMs: nowMs - dueMs, isInTime: nowMs <= endMs });
      });
      responses.add(response);
    }
    await sleep(1);
  }
  await Promise.all(responses);
  await pool.close();
  return unsent;
}

interface Response {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly body: string;
}

/** Resolves with the error if there is no response. */
function post(dispatcher: Dispatcher, { body, token }: Request): Promise<Response | Error> {
  return new Promise((resolve) => {
    const headers = {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
    const chunks: Buffer[] = [];
    let status = 0;
    let retryAfter: string | undefined;
    dispatcher.dispatch(
      { path: '/graphql', method: 'POST', headers, body },
      {
        onRequestStart: () => undefined,
        onResponseStart: (_controller, statusCode, headers) => {
          status = statusCode;
          retryAfter = headers['retry-after']?.toString();
        },
        onResponseData: (_controller, chunk) => {
          chunks.push(chunk);
        },
        onResponseEnd: () => {
          const [first] = chunks;
          const whole = chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks);
          resolve({ status, retryAfter, body: whole.toString() });
        },
        onResponseError: (_controller, error) => resolve(error),
      },
    );
  });
}

/** Counts responses, and keeps the latencies of those that arrive in time. */
class Tally {
  readonly #spec: LoadSpec;
  readonly #requests: Requests;
  readonly #latencies = new Map<TrafficKind, number[]>();
  readonly #shedLatencies: number[] = [];
  readonly #failures = new Map<string, { count: number; example: string }>();
  readonly #degradedBy = new Map<string, number>();

  constructor(spec: LoadSpec, requests: Requests) {
    this.#spec = spec;
    this.#requests = requests;
  }

  add(
    kind: TrafficKind,
    response: Response | Error,
    { latencyMs, isInTime }: { latencyMs: number; isInTime: boolean },
  ): void {
    if (response instanceof Error) {
      this.#fail(`no response: ${response.message}`, '');
      return;
    }
    const { status, body } = response;
    if (status === 503 && this.#spec.mayShed) {
      if (!isWellRejected(response)) this.#fail('503 without Retry-After or the code UNAVAILABLE', body);
      else if (isInTime) this.#shedLatencies.push(latencyMs);
      return;
    }
    if (status !== 200) {
      this.#fail(`status ${status}`, body);
      return;
    }
    const problem = this.#requests.problemOf(kind, body);
    if (problem === undefined) {
      if (!isInTime) return;
      const latencies = this.#latencies.get(kind);
      if (latencies === undefined) this.#latencies.set(kind, [latencyMs]);
      else latencies.push(latencyMs);
    } else if ('degradedBy' in problem) {
      const { degradedBy } = problem;
      this.#degradedBy.set(degradedBy, 1 + (this.#degradedBy.get(degradedBy) ?? 0));
    } else this.#fail(`${kind}: ${problem.wrong}`, body);
  }

  #fail(reason: string, body: string): void {
    const known = this.#failures.get(reason);
    if (known === undefined)
      this.#failures.set(reason, { count: 1, example: body.slice(0, EXAMPLE_CHARACTERS) });
    else known.count += 1;
  }

  result(unsent: number, busy: number): LoadResult {
    const { seconds } = this.#spec;
    return {
      answered: Object.fromEntries(
        [...this.#latencies].map(([kind, latencies]) => [kind, answered(latencies, seconds)]),
      ),
      degraded: [...this.#degradedBy.values()].reduce((sum, count) => sum + count, 0),
      degradedBy: Object.fromEntries(this.#degradedBy),
      shed: answered(this.#shedLatencies, seconds),
      failures: [...this.#failures].map(([reason, failure]) => ({ reason, ...failure })),
      ...{ unsent, busy },
    };
  }
}

function isWellRejected({ retryAfter = '', body }: Response): boolean {
  return /^\d+$/.test(retryAfter) && body.includes('"UNAVAILABLE"');
}

function answered(latencies: readonly number[], seconds: number): Answered {
  const sorted = Float64Array.from(latencies).sort();
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
  return {
    ...{ count: sorted.length, perSecond: sorted.length / seconds },
    ...{ p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) },
  };
}
