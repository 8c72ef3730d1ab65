import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { z } from 'zod';
import { inSlices, type Work } from '../lib/event-loop.js';
import { HORIZONS } from '../scoring/v2/horizon.js';
import { GROUPS } from '../scoring/v2/site-signals.js';
import { WEEK_HOURS } from '../scoring/v2/week-hours.js';
import { LiveSignals, type SignalEntries, type SignalEntry } from './live-signals.js';

const count = z.number().nonnegative();
const horizons = z.array(count).length(HORIZONS);
const weekHours = z.array(count).length(WEEK_HOURS);
const decayed = z.tuple([count, z.number()]);
const context = z.tuple([z.string(), decayed, z.array(z.tuple([z.string(), count, z.number()]))]);
const moves = z.tuple([z.string(), count, z.array(z.tuple([z.string(), count]))]);

const LISTS = {
  marketMoves: moves,
  seriesMoves: moves,
  templates: z.tuple([z.string(), horizons]),
  activity: z.tuple([z.string(), z.number(), count, z.array(z.tuple([z.number(), z.number()]))]),
  countries: context,
  dayHours: context,
  groups: z.tuple([z.enum(GROUPS), z.string(), count, z.number()]),
  categories: z.tuple([z.string(), weekHours]),
} as const satisfies { [List in keyof SignalEntries]: z.ZodType<SignalEntries[List]> };

/** Increase it with every change of the format; signals in another format are counted from the stored events again. */
const FORMAT = 2;

/** Lines between two points at which work may be interrupted. */
const LINES_PER_STEP = 64;

const NEWLINE = 0x0a;

/** Packs signals as compressed JSON lines. Blocks the event loop only for a few lines at a time, as does unpacking. */
export async function packSignals(signals: LiveSignals): Promise<Uint8Array<ArrayBuffer>> {
  return promisify(gzip)(await inSlices(linesWork(signals)));
}

function* linesWork(signals: LiveSignals): Work<Buffer> {
  const chunks: Buffer[] = [];
  let lines = JSON.stringify({ format: FORMAT, ...signals.totals });
  let inChunk = 0;
  for (const entry of signals.entries()) {
    lines += `\n${JSON.stringify(entry)}`;
    if (++inChunk < LINES_PER_STEP) continue;
    chunks.push(Buffer.from(lines));
    lines = '';
    inChunk = 0;
    yield;
  }
  return Buffer.concat([...chunks, Buffer.from(lines)]);
}

/** Unpacks signals; null for another format. */
export async function unpackSignals(bytes: Uint8Array): Promise<LiveSignals | null> {
  return inSlices(signalsWork(await promisify(gunzip)(bytes)));
}

function* signalsWork(text: Buffer): Work<LiveSignals | null> {
  const lines = linesOf(text);
  const header = z
    .object({
      ...{ format: z.literal(FORMAT), horizons, weekHours },
      ...{ recentUsers: decayed.nullable(), recentChoices: decayed.nullable() },
    })
    .safeParse(JSON.parse(lines.next().value ?? 'null'));
  if (!header.success) return null;
  const signals = new LiveSignals();
  signals.restoreTotals(header.data);
  let inStep = 0;
  for (const line of lines) {
    const [list, entry] = JSON.parse(line) as [keyof SignalEntries, unknown];
    signals.restore([list, LISTS[list].parse(entry)] as SignalEntry);
    if (++inStep % LINES_PER_STEP === 0) yield;
  }
  return signals;
}

function* linesOf(text: Buffer): Generator<string, undefined> {
  for (let from = 0, to: number; from < text.length; from = to + 1) {
    to = text.indexOf(NEWLINE, from);
    if (to < 0) to = text.length;
    yield text.toString('utf8', from, to);
  }
}
