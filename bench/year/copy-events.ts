/** Writes events to `interactions` by COPY. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Client } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { loadRankingConfig } from '../../dist/config/ranking-config.js';
import { eventWeight } from '../../dist/scoring/shared/event-weight.js';
import type { SiteEvent } from './history.ts';

/** Rows of one statement. */
const ROWS = 20_000;
const COPY = `copy interactions (id, user_key, market_id, event_type, weight, dwell_ms, country, stake, probability,
  volume_24h, occurred_at, received_at) from stdin`;

const { events: weights } = loadRankingConfig(undefined);
let ids = 0;

/** @param onRows receives the number of rows written since the last call. */
export async function copyEvents(
  client: Client,
  events: Iterable<SiteEvent>,
  onRows: (rows: number) => void = () => undefined,
): Promise<void> {
  let lines: string[] = [];
  const flush = async (): Promise<void> => {
    const text = lines.join('');
    onRows(lines.length);
    lines = [];
    await pipeline(Readable.from([text]), client.query(copyFrom(COPY)));
  };
  for (const event of events) {
    lines.push(lineOf(event));
    if (lines.length === ROWS) await flush();
  }
  if (lines.length > 0) await flush();
}

function lineOf({ userKey, market, eventType, atMs, dwellMs, stake, country }: SiteEvent): string {
  const at = new Date(atMs).toISOString();
  const weight = eventWeight(eventType, dwellMs, weights);
  const fields = [idOf(atMs), userKey, market.id, eventType, weight, dwellMs, country, stake];
  const rest = [market.probability, market.volume24h, at, at];
  return `${[...fields, ...rest].map((field) => field ?? '\\N').join('\t')}\n`;
}

/** A UUID of version 7: the time, then a number of its own. */
function idOf(atMs: number): string {
  const time = Math.floor(atMs).toString(16).padStart(12, '0');
  ids += 1;
  // Spread over the digits as random ones are.
  const high = Math.imul(ids, 0x9e3779b1) >>> 0;
  const tail = high.toString(16).padStart(8, '0') + (ids % 0x10000000).toString(16).padStart(8, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${tail.slice(0, 3)}-8${tail.slice(3, 6)}-${tail.slice(6, 16).padStart(12, '0')}`;
}
