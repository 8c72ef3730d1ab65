import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { chance, logNormal, standardGumbel, standardNormal } from './random-draws.js';
import type { SampleMarket } from './sample-catalog.js';

/** What a market looked like at one minute. */
export interface OddsHistoryPoint {
  marketId: string;
  /** A full minute. */
  atMs: number;
  probability: number;
  volume24h: number;
  participantCount: number;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

const walk = {
  /** Points lie an hour apart for so long, then a day. */
  hourlyHours: 48,
  /** Median and log-spread, over markets, of the daily standard deviation of the log-odds. */
  dailyDeviation: 0.09,
  deviationSpread: 0.4,
  /** Standard deviation per √hour of the logarithm of volume24h. */
  volumeDeviation: 0.03,
  /** Participants grow as age to this power: fast at first. */
  participantGrowth: 0.7,
  minProbability: 0.005,
} as const;

const move = {
  /** So many markets moved clearly in the last day. */
  markets: 20,
  minAgeHours: 36,
  /** Only odds that leave room in both directions. */
  minProbability: 0.08,
  /** Size in log-odds. */
  minSize: 0.9,
  maxSize: 1.7,
  /** The move happened between so many hours ago … */
  latestHoursAgo: 3,
  earliestHoursAgo: 18,
  /** … as a logistic step of this width. */
  widthHours: 0.8,
  /** Before it, volume24h was this share of what it is now. */
  volumeBefore: 0.45,
} as const;

interface Move {
  size: number;
  hoursAgo: number;
}

/**
 * An invented past for the sample's markets, so that momentum and "rising" have something to show: a
 * random walk in log-odds, run backwards from the present, with a clear step in some 20 markets.
 * Points lie an hour apart for two days and a day apart before, never before the market was created;
 * the last one, at the full minute of `nowMs` or of the resolution, has the market's present values.
 * At most `50 + days` points a market, by market, each in time order. The same input gives the same output.
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
      nowMs - Date.parse(createdAt) >= move.minAgeHours * hourMs,
  );
  // Busy markets move more often than quiet ones: a sample by volume, by Gumbel keys.
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
  moved: Move | undefined,
  rng: RandomGenerator,
  nowMs: number,
  days: number,
): OddsHistoryPoint[] {
  const bornMs = Math.ceil(Date.parse(market.createdAt) / minuteMs) * minuteMs;
  const endMs = Math.floor(Math.min(nowMs, Date.parse(market.resolvesAt)) / minuteMs) * minuteMs;
  const deviation = logNormal(rng, walk.dailyDeviation, walk.deviationSpread) / Math.sqrt(24);

  let logOdds = logit(market.probability);
  let logVolume = 0;
  let laterMs = endMs;
  return pointTimes(bornMs, endMs, days)
    .map((atMs): OddsHistoryPoint => {
      const stepHours = (laterMs - atMs) / hourMs;
      laterMs = atMs;
      logOdds += deviation * Math.sqrt(stepHours) * standardNormal(rng);
      logVolume += walk.volumeDeviation * Math.sqrt(stepHours) * standardNormal(rng);
      if (atMs === endMs) return pointNow(market, atMs);
      const before = moved === undefined ? 0 : shareBefore(moved, (endMs - atMs) / hourMs);
      const age = (atMs - bornMs) / (endMs - bornMs);
      // In its first day a market's volume of 24 hours is all it ever had.
      const filled = Math.min(1, (atMs - bornMs) / dayMs) / Math.min(1, (endMs - bornMs) / dayMs);
      const quiet = 1 - before * (1 - move.volumeBefore);
      return {
        marketId: market.id,
        atMs,
        probability: fromLogit(logOdds - before * (moved?.size ?? 0)),
        volume24h: Math.min(
          market.volumeTotal,
          Math.round(market.volume24h * Math.exp(logVolume) * filled * quiet),
        ),
        participantCount: Math.round(market.participantCount * age ** walk.participantGrowth),
      };
    })
    .reverse();
}

/** Newest first: hourly, then daily, then the birth itself if it lies within those days. */
function pointTimes(bornMs: number, endMs: number, days: number): number[] {
  const hours = Array.from({ length: walk.hourlyHours + 1 }, (_, hour) => endMs - hour * hourMs);
  const startMs = endMs - days * dayMs;
  for (let atMs = endMs - walk.hourlyHours * hourMs - dayMs; atMs >= startMs; atMs -= dayMs) hours.push(atMs);
  const times = hours.filter((atMs) => atMs >= bornMs && atMs >= startMs);
  if (bornMs >= startMs && bornMs < (times.at(-1) ?? bornMs)) times.push(bornMs);
  return times;
}

function pointNow(
  { id, probability, volume24h, participantCount }: SampleMarket,
  atMs: number,
): OddsHistoryPoint {
  return { marketId: id, atMs, probability, volume24h, participantCount };
}

/** How much of the move was still to come, 0–1: a logistic step. */
function shareBefore(moved: Move, hoursAgo: number): number {
  return 1 / (1 + Math.exp((moved.hoursAgo - hoursAgo) / move.widthHours));
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
