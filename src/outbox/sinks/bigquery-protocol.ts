import { z } from 'zod';
import type { OutgoingEvent } from './outgoing-event.js';
import { SinkFailure, type RejectedEvent } from './sink.js';

/** BigQuery rejects requests of more than 10 MB, and advises against more than 500 rows. */
const MAX_ROWS = 500;
const MAX_BYTES = 9_000_000;

/** An event as a row of an insert request. */
export interface BigQueryRow {
  /** Index of the event in the batch. */
  readonly index: number;
  readonly json: string;
  readonly bytes: number;
}

/**
 * The event's fields are the columns of the table: STRING, except FLOAT64 for `weight`, `probability` and `stake`, INT64
 * for `dwellMs` and `position`, BOOL for `clamped`, and TIMESTAMP for `occurredAt` and `receivedAt`. `context` and
 * `attribution` are sent as JSON text, which fits a JSON column and a STRING column.
 */
export function bigQueryRow(event: OutgoingEvent, index: number): BigQueryRow {
  const context = event.context === null ? null : JSON.stringify(event.context);
  const attribution = event.attribution === null ? null : JSON.stringify(event.attribution);
  const json = JSON.stringify({ insertId: event.interactionId, json: { ...event, context, attribution } });
  return { index, json, bytes: Buffer.byteLength(json) };
}

/** Splits rows into requests within BigQuery's limits, in order. */
export function splitIntoRequests(rows: readonly BigQueryRow[]): BigQueryRow[][] {
  const requests: BigQueryRow[][] = [];
  let bytes = Infinity;
  for (const row of rows) {
    const request = requests.at(-1);
    // One more for the comma.
    bytes += row.bytes + 1;
    if (request !== undefined && request.length < MAX_ROWS && bytes <= MAX_BYTES) request.push(row);
    else {
      requests.push([row]);
      bytes = row.bytes;
    }
  }
  return requests;
}

/**
 * The body of a `tabledata.insertAll` request that inserts all rows or none. Fields without a column are left out, so that a
 * table of an earlier version receives the events of a later one.
 */
export function requestBody(rows: readonly BigQueryRow[]): string {
  return `{"skipInvalidRows":false,"ignoreUnknownValues":true,"rows":[${rows.map(({ json }) => json).join(',')}]}`;
}

const rowErrors = z.object({
  index: z.number().int().default(0),
  errors: z.array(z.object({ reason: z.string().default(''), message: z.string().default('') })).default([]),
});

const responseSchema = z.object({ insertErrors: z.array(rowErrors).default([]) });

/** Result of an insert request that BigQuery answered with 200. */
export interface InsertResult {
  readonly delivered: readonly number[];
  readonly rejected: readonly RejectedEvent[];
  /** Valid rows that were not inserted because other rows were invalid. */
  readonly stopped: readonly BigQueryRow[];
  readonly failure: SinkFailure | undefined;
}

/**
 * Reads the response to an insert. A row with an `invalid` error is rejected; BigQuery then inserts no row, and marks the
 * valid ones `stopped`. All other reasons (`timeout`, `backendError`, …) are transient.
 *
 * @throws {SinkFailure} when the body is not a response of BigQuery.
 */
export function readInsertResponse(rows: readonly BigQueryRow[], body: unknown): InsertResult {
  const parsed = responseSchema.safeParse(body);
  if (!parsed.success) throw new SinkFailure('BigQuery sent an unknown response to an insert.');
  const errorsByIndex = new Map(parsed.data.insertErrors.map(({ index, errors }) => [index, errors]));
  const delivered: number[] = [];
  const rejected: RejectedEvent[] = [];
  const stopped: BigQueryRow[] = [];
  let failure: SinkFailure | undefined;
  rows.forEach((row, rowIndex) => {
    const errors = errorsByIndex.get(rowIndex);
    if (errors === undefined) {
      delivered.push(row.index);
      return;
    }
    const invalid = errors.filter(({ reason }) => reason === 'invalid');
    if (invalid.length > 0) {
      rejected.push({
        index: row.index,
        reason: invalid.map(({ message }) => message).join('; ') || 'invalid',
      });
    } else if (errors.some(({ reason }) => reason === 'stopped')) {
      stopped.push(row);
    } else {
      const details = errors.map(({ reason, message }) => `${reason} ${message}`.trim()).join('; ');
      failure ??= new SinkFailure(`BigQuery did not insert a row: ${details || 'no reason given'}.`);
    }
  });
  if (stopped.length > 0 && rejected.length === 0) {
    failure ??= new SinkFailure('BigQuery stopped an insert without naming an invalid row.');
  }
  return { delivered, rejected, stopped, failure };
}

const errorSchema = z.object({
  error: z.object({
    message: z.string().default(''),
    errors: z.array(z.object({ reason: z.string().default('') })).default([]),
  }),
});

/** Reads the body of a response other than 200; both fields are empty for a body of a proxy, such as HTML. */
export function readErrorResponse(text: string): { reason: string; message: string } {
  const parsed = errorSchema.safeParse(parseJson(text));
  if (!parsed.success) return { reason: '', message: '' };
  const { errors, message } = parsed.data.error;
  return { reason: errors[0]?.reason ?? '', message };
}

/** Undefined for text that is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
