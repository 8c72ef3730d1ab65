import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../lib/time.js';
import { chance, logNormal, standardGumbel, standardNormal } from './random-draws.js';
import type { SampleMarket } from './sample-catalog.js';

/** Figures of a market at one minute. */
interface OddsHistoryPoint {
  marketId: string;
  /** Whole minutes. */
  atMs: number;
  probability: number;
  volume24h: number;
  participantCount: number;
}

const walk = {
  /** Points are one hour apart for this long before the end, and one day apart before that. */
  hourlyHours: 48,
  /** Median and log-spread, over markets, of the daily standard deviation of the log-odds. */
  dailyDeviation: 0.09,
  deviationSpread: 0.4,
  /** Standard deviation per √hour of the logarithm of volume24h. */
  volumeDeviation: 0.03,
  /** Participants grow as age^participantGrowth: fast at first. */
  participantGrowth: 0.7,
  minProbability: 0.005,
} as const;

const move = {
  /** Number of markets with a large move in the last day. */
  markets: 20,
  minAgeHours: 36,
  /** Minimum distance of the probability from 0 and from 1, so that a move fits in both directions. */
  minProbability: 0.08,
  /** Size in log-odds. */
  minSize: 0.9,
  maxSize: 1.7,
  /** Range of the time of the move. */
  latestHoursAgo: 3,
  earliestHoursAgo: 18,
  /** The move is a logistic step of this width. */
  widthHours: 0.8,
  /** Share of today's volume24h before the move. */
  volumeBefore: 0.45,
} as const;

interface Move {
  size: number;
  hoursAgo: number;
}

/**
 * Simulates the past of the sample's markets, so that momentum and `rising` have data: a random walk in log-odds, run
 * backward from the present, with a large step in 20 markets.
 *
 * Points are one hour apart for two days and one day apart before that, and never precede the market's creation. The last
 * point, at the minute of `nowMs` or of the resolution, has the market's present values. At most `50 + days` points per
 * market, grouped by market, each in time order. The same input gives the same output.
 */
export function simulateOddsHistory(
  markets: readonly SampleMarket[],
  { seed, nowMs, days }: { seed: number; nowMs: number; days: number },
): OddsHistoryPoint[] {
  const streams = xoroshiro128plus(seed);
  streams.jump();
  const moves = drawMoves(streams.clone(), markets, nowMs);
  return markets.flatMap((market) => {
    streams.jump();
    return historyOf(market, moves.get(market.id), streams.clone(), nowMs, days);
  });
}

function drawMoves(rng: RandomGenerator, markets: readonly SampleMarket[], nowMs: number): Map<string, Move> {
  const eligible = markets.filter(
    ({ status, probability, createdAt }) =>
      status === 'OPEN' &&
      Math.min(probability, 1 - probability) >= move.minProbability &&
      nowMs - Date.parse(createdAt) >= move.minAgeHours * HOUR_MS,
  );
  // A Gumbel top-k sample by volume: markets with more volume move more often.
  return new Map(
    eligible
      .map((market) => ({ market, key: Math.log1p(market.volume24h) / 2 + standardGumbel(rng) }))
      .sort((a, b) => b.key - a.key)
      .slice(0, move.markets)
      .map(({ market }) => {
        const size = between(rng, move.minSize, move.maxSize) * (chance(rng, 0.5) ? 1 : -1);
        return [market.id, { size, hoursAgo: between(rng, move.latestHoursAgo, move.earliestHoursAgo) }];
      }),
  );
}

function historyOf(
  market: SampleMarket,
  bigMove: Move | undefined,
  rng: RandomGenerator,
  nowMs: number,
  days: number,
): OddsHistoryPoint[] {
  const createdMs = Math.ceil(Date.parse(market.createdAt) / MINUTE_MS) * MINUTE_MS;
  const endMs = Math.floor(Math.min(nowMs, Date.parse(market.resolvesAt)) / MINUTE_MS) * MINUTE_MS;
  const deviation = logNormal(rng, walk.dailyDeviation, walk.deviationSpread) / Math.sqrt(24);

  let logOdds = logit(market.probability);
  let logVolume = 0;
  let laterMs = endMs;
  return pointTimes(createdMs, endMs, days)
    .map((atMs): OddsHistoryPoint => {
      const stepHours = (laterMs - atMs) / HOUR_MS;
      laterMs = atMs;
      logOdds += deviation * Math.sqrt(stepHours) * standardNormal(rng);
      logVolume += walk.volumeDeviation * Math.sqrt(stepHours) * standardNormal(rng);
      if (atMs === endMs) return pointNow(market, atMs);
      const before = bigMove === undefined ? 0 : shareBefore(bigMove, (endMs - atMs) / HOUR_MS);
      const age = (atMs - createdMs) / (endMs - createdMs);
      // During the first day, the 24-hour window is only partly filled.
      const windowShare =
        Math.min(1, (atMs - createdMs) / DAY_MS) / Math.min(1, (endMs - createdMs) / DAY_MS);
      const volumeShare = 1 - before * (1 - move.volumeBefore);
      return {
        marketId: market.id,
        atMs,
        probability: fromLogit(logOdds - before * (bigMove?.size ?? 0)),
        volume24h: Math.min(
          market.volumeTotal,
          Math.round(market.volume24h * Math.exp(logVolume) * windowShare * volumeShare),
        ),
        participantCount: Math.round(market.participantCount * age ** walk.participantGrowth),
      };
    })
    .reverse();
}

/** Times newest first: hourly, then daily, then the creation itself if it is within `days`. */
function pointTimes(createdMs: number, endMs: number, days: number): number[] {
  const grid = Array.from({ length: walk.hourlyHours + 1 }, (_, hour) => endMs - hour * HOUR_MS);
  const startMs = endMs - days * DAY_MS;
  for (let atMs = endMs - walk.hourlyHours * HOUR_MS - DAY_MS; atMs >= startMs; atMs -= DAY_MS)
    grid.push(atMs);
  const times = grid.filter((atMs) => atMs >= createdMs && atMs >= startMs);
  if (createdMs >= startMs && createdMs < (times.at(-1) ?? createdMs)) times.push(createdMs);
  return times;
}

function pointNow(
  { id, probability, volume24h, participantCount }: SampleMarket,
  atMs: number,
): OddsHistoryPoint {
  return { marketId: id, atMs, probability, volume24h, participantCount };
}

/** Share of the move that was still ahead at that time, 0–1: a logistic step. */
function shareBefore(bigMove: Move, hoursAgo: number): number {
  return 1 / (1 + Math.exp((bigMove.hoursAgo - hoursAgo) / move.widthHours));
}

function between(rng: RandomGenerator, low: number, high: number): number {
  return low + (high - low) * uniformFloat64(rng);
}

function logit(probability: number): number {
  const p = Math.min(1 - walk.minProbability, Math.max(walk.minProbability, probability));
  return Math.log(p / (1 - p));
}

function fromLogit(logOdds: number): number {
  const p = 1 / (1 + Math.exp(-logOdds));
  return Math.round(Math.min(1 - walk.minProbability, Math.max(walk.minProbability, p)) * 10_000) / 10_000;
}
