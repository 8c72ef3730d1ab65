import { z } from 'zod';
import type { BigQueryRow } from './bigquery-rows.js';
import { SinkFailure, type Refusal } from './sink.js';

const rowErrors = z.object({
  index: z.number().int().default(0),
  errors: z.array(z.object({ reason: z.string().default(''), message: z.string().default('') })).default([]),
});

const answerSchema = z.object({ insertErrors: z.array(rowErrors).default([]) });

/** What became of the rows of a request that BigQuery answered. */
export interface RowsJudged {
  readonly delivered: readonly number[];
  readonly refused: readonly Refusal[];
  /** Rows that were left out only because of others. */
  readonly stopped: readonly BigQueryRow[];
  readonly failure: SinkFailure | undefined;
}

/**
 * Reads the answer 200 to an insert. A row is refused when it is `invalid`; BigQuery then inserts none, and says
 * `stopped` of the valid ones. Any other reason (`timeout`, `backendError`, …) may pass.
 *
 * @throws {SinkFailure} when it is not an answer of BigQuery.
 */
export function judgeRows(rows: readonly BigQueryRow[], body: unknown): RowsJudged {
  const parsed = answerSchema.safeParse(body);
  if (!parsed.success) throw new SinkFailure('BigQuery gave an answer that it is not known to give.');
  const faults = new Map(parsed.data.insertErrors.map(({ index, errors }) => [index, errors]));
  const delivered: number[] = [];
  const refused: Refusal[] = [];
  const stopped: BigQueryRow[] = [];
  let failure: SinkFailure | undefined;
  rows.forEach((row, place) => {
    const errors = faults.get(place);
    if (errors === undefined) {
      delivered.push(row.index);
      return;
    }
    const invalid = errors.filter(({ reason }) => reason === 'invalid');
    if (invalid.length > 0) {
      refused.push({
        index: row.index,
        reason: invalid.map(({ message }) => message).join('; ') || 'invalid',
      });
    } else if (errors.some(({ reason }) => reason === 'stopped')) {
      stopped.push(row);
    } else {
      const said = errors.map(({ reason, message }) => `${reason} ${message}`.trim()).join('; ');
      failure ??= new SinkFailure(`BigQuery did not insert a row: ${said || 'no reason given'}.`);
    }
  });
  if (stopped.length > 0 && refused.length === 0) {
    failure ??= new SinkFailure('BigQuery stopped an insert without naming an invalid row.');
  }
  return { delivered, refused, stopped, failure };
}

const errorSchema = z.object({
  error: z.object({
    message: z.string().default(''),
    errors: z.array(z.object({ reason: z.string().default('') })).default([]),
  }),
});

/** What an answer other than 200 says; HTML of something on the way says nothing. */
export function describeError(text: string): { reason: string; message: string } {
  const parsed = errorSchema.safeParse(parseJson(text));
  if (!parsed.success) return { reason: '', message: '' };
  const { errors, message } = parsed.data.error;
  return { reason: errors[0]?.reason ?? '', message };
}

/** What a header Retry-After asks for: seconds, or an instant. */
export function retryAfterMs(header: string | null, nowMs: number): number | undefined {
  if (header === null) return undefined;
  const waitMs = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - nowMs;
  return waitMs > 0 ? waitMs : undefined;
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
