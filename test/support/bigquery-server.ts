import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A row as it is sent. */
export interface SentRow {
  readonly insertId: string;
  readonly json: Readonly<Record<string, unknown>>;
}

export interface InsertRequest {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly bytes: number;
  readonly rows: readonly SentRow[];
}

/** An answer that is given instead of the usual one. */
export interface Interruption {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON, or as it is when it is a string. */
  readonly body?: unknown;
}

/** Something that answers `tabledata.insertAll` as its documentation says. */
export interface BigQueryServer {
  readonly url: string;
  readonly requests: InsertRequest[];
  /** What was inserted, in order, repetitions included. */
  readonly inserted: SentRow[];
  /** Called first for each request; undefined: go on as usual. */
  interrupt: (request: InsertRequest) => Interruption | undefined;
  /** What is wrong with a row; undefined: nothing. */
  fault: (row: SentRow) => { reason: string; message: string } | undefined;
  /** Awaited before each answer. */
  beforeAnswer: () => Promise<void>;
  /** Takes requests and does not answer them. */
  hang: boolean;
  close(): Promise<void>;
}

const LIMIT_BYTES = 10 * 1_024 * 1_024;

/** An error body as Google's APIs give it. */
export function googleError(code: number, reason: string, message: string): object {
  return { error: { code, message, errors: [{ domain: 'global', reason, message }], status: 'ERROR' } };
}

export async function startBigQueryServer(): Promise<BigQueryServer> {
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    const respond = async (): Promise<void> => {
      if (started.hang) return;
      await started.beforeAnswer();
      const { status, headers, body } = answer(started, {
        path: incoming.url ?? '',
        authorization: incoming.headers.authorization,
        body: Buffer.concat(chunks),
      });
      outgoing.writeHead(status, { 'content-type': 'application/json', ...headers });
      outgoing.end(typeof body === 'string' ? body : JSON.stringify(body));
    };
    incoming.on('end', () => void respond());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const started: BigQueryServer = {
    url: `http://127.0.0.1:${port}`,
    requests: [],
    inserted: [],
    interrupt: () => undefined,
    fault: () => undefined,
    beforeAnswer: () => Promise.resolve(),
    hang: false,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return started;
}

function answer(
  server: BigQueryServer,
  sent: { path: string; authorization: string | undefined; body: Buffer },
): Interruption {
  const { rows } = JSON.parse(sent.body.toString()) as { rows: SentRow[] };
  const request = { path: sent.path, authorization: sent.authorization, bytes: sent.body.length, rows };
  server.requests.push(request);
  const interruption = server.interrupt(request);
  if (interruption !== undefined) return interruption;
  if (sent.body.length > LIMIT_BYTES) {
    const message = `Request payload size exceeds the limit: ${LIMIT_BYTES} bytes.`;
    return { status: 400, body: googleError(400, 'badRequest', message) };
  }
  const faults = rows.map((row) => server.fault(row));
  const oneIsInvalid = faults.some((fault) => fault?.reason === 'invalid');
  const insertErrors = rows.flatMap((row, index) => {
    const fault = faults[index] ?? (oneIsInvalid ? { reason: 'stopped', message: '' } : undefined);
    if (fault !== undefined) return [{ index, errors: [{ ...fault, location: '', debugInfo: '' }] }];
    server.inserted.push(row);
    return [];
  });
  const kind = 'bigquery#tableDataInsertAllResponse';
  return { status: 200, body: insertErrors.length === 0 ? { kind } : { kind, insertErrors } };
}
