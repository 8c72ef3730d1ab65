import { gunzipSync, gzipSync } from 'node:zlib';
import { z } from 'zod';
import type { Work } from '../lib/event-loop.js';
import { HORIZONS } from '../scoring/v2/horizon.js';

const count = z.number().nonnegative();
const horizons = z.array(count).length(HORIZONS);
const moves = z.tuple([z.string(), count, z.array(z.tuple([z.string(), count]))]);
const activity = z.tuple([z.string(), z.number(), count, z.array(z.tuple([z.number(), z.number()]))]);

/** The counts of `LiveSignals` as plain data, the least recently used entries first. */
export interface SignalCounts {
  readonly horizons: readonly number[];
  /** Source, number of engagements with it, and next keys with the numbers of moves. */
  readonly marketMoves: readonly z.infer<typeof moves>[];
  readonly seriesMoves: readonly z.infer<typeof moves>[];
  readonly templates: readonly (readonly [template: string, horizons: readonly number[]])[];
  /** Market, time of the latest engagement, recent users, and hashes of the latest users with their times. */
  readonly activity: readonly z.infer<typeof activity>[];
}

const LISTS = {
  marketMoves: moves,
  seriesMoves: moves,
  templates: z.tuple([z.string(), horizons]),
  activity,
} as const;

/** Increase it with every change of the format; signals in another format are counted anew. */
const FORMAT = 1;

/** Lines between two points at which work may be interrupted. */
const LINES_PER_STEP = 256;

/** Packs counts as compressed JSON lines, so that reading them blocks the event loop only for a few lines at a time. */
export function packSignals(counts: SignalCounts): Uint8Array<ArrayBuffer> {
  const lines = [JSON.stringify({ format: FORMAT, horizons: counts.horizons })];
  for (const list of Object.keys(LISTS) as (keyof typeof LISTS)[])
    for (const entry of counts[list]) lines.push(JSON.stringify([list, entry]));
  return gzipSync(lines.join('\n'));
}

/** Unpacks counts; null for another format. */
export function* unpackSignals(bytes: Uint8Array): Work<SignalCounts | null> {
  const [header = '', ...lines] = gunzipSync(bytes).toString('utf8').split('\n');
  yield;
  const parsed = z.object({ format: z.literal(FORMAT), horizons }).safeParse(JSON.parse(header));
  if (!parsed.success) return null;
  const lists = { marketMoves: [], seriesMoves: [], templates: [], activity: [] } as {
    [List in keyof typeof LISTS]: z.infer<(typeof LISTS)[List]>[];
  };
  for (const [index, line] of lines.entries()) {
    const [list, entry] = JSON.parse(line) as [keyof typeof LISTS, unknown];
    (lists[list] as unknown[]).push(LISTS[list].parse(entry));
    if (index % LINES_PER_STEP === 0) yield;
  }
  return { horizons: parsed.data.horizons, ...lists };
}
