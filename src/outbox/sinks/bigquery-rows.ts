import type { OutgoingEvent } from './outgoing-event.js';

/** BigQuery refuses a request of more than 10 MB, and advises against one of more than 500 rows. */
const MAX_ROWS = 500;
const MAX_BYTES = 9_000_000;

/** An event as a row of a request. */
export interface BigQueryRow {
  /** The place of the event in the batch. */
  readonly index: number;
  readonly json: string;
  readonly bytes: number;
}

/**
 * The event's fields are the columns of the table: STRING, but FLOAT64 for `weight`, `probability` and `stake`,
 * INT64 for `dwellMs` and `position`, BOOL for `clamped`, TIMESTAMP for `occurredAt` and `receivedAt`. `context` is
 * sent as JSON text, which a column of JSON takes as well as one of STRING.
 */
export function bigQueryRow(event: OutgoingEvent, index: number): BigQueryRow {
  const context = event.context === null ? null : JSON.stringify(event.context);
  const json = JSON.stringify({ insertId: event.interactionId, json: { ...event, context } });
  return { index, json, bytes: Buffer.byteLength(json) };
}

/** Rows in requests that BigQuery takes, in order. */
export function inRequests(rows: readonly BigQueryRow[]): BigQueryRow[][] {
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

/** The body of a `tabledata.insertAll` request: all valid rows or none. */
export function requestBody(rows: readonly BigQueryRow[]): string {
  return `{"skipInvalidRows":false,"ignoreUnknownValues":false,"rows":[${rows.map(({ json }) => json).join(',')}]}`;
}
