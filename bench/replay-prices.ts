/**
 * `node bench/replay-prices.ts FILE.csv[.gz] INSTANT...`, after a build: replays the prices of a file minute by minute
 * into a gateway on a database of its own, and shows at each of these instants what is rising, with the moves that
 * explain it. The file has the columns Question, Timestamp (seconds) and Price, and Event where there is one. It says
 * nothing of volume, so that every market gets the same: then only the odds decide.
 */
import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createGunzip } from 'node:zlib';
import Table from 'cli-table3';
import { parse } from 'csv-parse';
import { pino } from 'pino';
import { openBackend, type Backend } from '../dist/app/backend.js';
import { readSettings } from '../dist/config/settings.js';
import { MINUTE_MS } from '../dist/lib/time.js';
import { logit } from '../dist/scoring/shared/probability.js';

const VOLUME = 1_000;
const SHOWN = 5;

interface Point {
  readonly id: string;
  readonly title: string;
  readonly eventKey: string | null;
  readonly atMs: number;
  readonly probability: number;
}

const [file, ...instants] = process.argv.slice(2);
const moments = instants.map((instant) => Date.parse(instant)).sort((a, b) => a - b);
if (file === undefined || moments.length === 0 || moments.some(Number.isNaN)) {
  console.error('Give a file of prices and instants, such as 2026-01-27T16:00:00Z.');
  process.exitCode = 1;
} else {
  await replay(file, moments);
}

async function replay(prices: string, momentsMs: readonly number[]): Promise<void> {
  const points = (await readPoints(prices)).sort((a, b) => a.atMs - b.atMs);
  const dataDir = await mkdtemp(path.join(tmpdir(), 'bellwether-replay-'));
  let nowMs = points[0]?.atMs ?? 0;
  const backend = await openBackend({
    settings: readSettings({ BELLWETHER_DATA_DIR: dataDir }),
    logger: pino({ level: 'silent' }),
    clock: () => nowMs,
  });
  try {
    let next = 0;
    for (const momentMs of momentsMs) {
      while (next < points.length && (points[next]?.atMs ?? 0) <= momentMs) {
        const endMs = (Math.floor(nowMs / MINUTE_MS) + 1) * MINUTE_MS;
        const minute: Point[] = [];
        for (let point = points[next]; point !== undefined && point.atMs < endMs; point = points[++next]) {
          minute.push(point);
        }
        await take(backend, minute);
        nowMs = Math.max(endMs, points[next]?.atMs ?? endMs);
      }
      nowMs = momentMs;
      await backend.services.trends.refresh();
      show(backend, new Date(nowMs));
    }
  } finally {
    await backend.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function readPoints(prices: string): Promise<Point[]> {
  const bytes = createReadStream(prices);
  const text = prices.endsWith('.gz') ? bytes.pipe(createGunzip()) : bytes;
  const points: Point[] = [];
  const rows = text.pipe(parse({ columns: true })) as AsyncIterable<Record<string, string>>;
  for await (const { Event: event = '', Question: title = '', Timestamp: seconds, Price: price } of rows) {
    points.push({
      id: `${event}/${title}`.slice(0, 128),
      title,
      eventKey: event === '' ? null : event,
      atMs: Number(seconds) * 1_000,
      probability: Number(price),
    });
  }
  return points;
}

/** Only the last price of a market within the minute. */
async function take({ services }: Backend, minute: readonly Point[]): Promise<void> {
  const last = new Map(minute.map((point) => [point.id, point]));
  const results = await services.catalog.upsert(
    [...last.values()].map(({ id, title, eventKey, probability }) => ({
      ...{ id, title, eventKey, probability },
      volume24h: VOLUME,
    })),
  );
  const rejected = results.find(({ problem }) => problem !== null);
  if (rejected) throw new Error(`${rejected.id} was rejected: ${rejected.problem?.message ?? ''}`);
}

function show({ services }: Backend, now: Date): void {
  const table = new Table({
    head: ['rising', 'a day ago', 'now', 'log-odds', 'market'],
    style: { head: [], border: [] },
  });
  for (const { score, market } of services.trending.rising({ limit: SHOWN }).markets) {
    const change = services.trending.momentum(market.id)?.probabilityChange24h ?? NaN;
    const after = market.probability ?? NaN;
    const before = after - change;
    table.push([
      score.toFixed(2),
      before.toFixed(4),
      after.toFixed(4),
      (logit(after) - logit(before)).toFixed(2),
      market.title,
    ]);
  }
  const known = services.catalog.snapshot.entries.filter(
    ({ market }) => (services.trending.momentum(market.id)?.probabilityChange24h ?? null) !== null,
  ).length;
  console.log(`${now.toISOString()}: ${known} markets with known odds of a day ago\n${table.toString()}`);
}
