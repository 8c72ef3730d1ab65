import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import type { Archetype } from './archetypes.js';
import { sampleCountries } from './countries.js';
import type { SampleCountry } from './countries.js';
import { poisson, weightedIndex } from './random-draws.js';

/** What decides when a person comes to the site. */
export interface Visitor {
  kind: Archetype;
  country: SampleCountry;
  /** 0–1, the most active of the archetype first. */
  rankShare: number;
}

const activity = {
  /** Sessions fall off with a person's rank within the archetype as rank^−skew; the mean is kept. */
  skew: 0.2,
  /** This share, the most active, was there all the time; the others came at a uniform time since. */
  oldHands: 0.6,
  /** How sharply sessions gather round an archetype's peak hours (von Mises concentration). */
  hourConcentration: 6,
  /** Weight of any other hour, against 1 at a peak. */
  hourFloor: 0.04,
} as const;

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/**
 * When a person comes to the site in the last `days`, earliest first, none after `nowMs`: a Poisson
 * number of visits on each local day, at the hours of their kind.
 */
export function sessionStarts(
  rng: RandomGenerator,
  { kind, country, rankShare }: Visitor,
  nowMs: number,
  days: number,
): number[] {
  const sessionsPerDay = kind.sessionsPerDay * (1 - activity.skew) * rankShare ** -activity.skew;
  const joinedMs = nowMs - drawJoinedDaysAgo(rng, kind, rankShare, days) * dayMs;
  const offsetMs = sampleCountries[country].utcOffsetHours * hourMs;
  const localMidnightMs = Math.floor((nowMs + offsetMs) / dayMs) * dayMs - offsetMs;
  const weights = hourWeights(kind.peakHours);
  const starts: number[] = [];
  for (let daysAgo = days; daysAgo >= 0; daysAgo -= 1) {
    for (let visits = poisson(rng, sessionsPerDay); visits > 0; visits -= 1) {
      const hour = weightedIndex(rng, weights) + uniformFloat64(rng);
      starts.push(Math.floor(localMidnightMs - daysAgo * dayMs + hour * hourMs));
    }
  }
  return starts.filter((startMs) => startMs >= joinedMs && startMs <= nowMs).sort((a, b) => a - b);
}

function drawJoinedDaysAgo(rng: RandomGenerator, kind: Archetype, rankShare: number, days: number): number {
  if (kind.joinedWithinDays !== undefined) return Math.min(days, kind.joinedWithinDays * uniformFloat64(rng));
  return rankShare <= activity.oldHands ? days : days * uniformFloat64(rng);
}

/** By local hour: a mixture of von Mises bumps round the peaks over a low floor. */
function hourWeights(peakHours: readonly number[]): number[] {
  return Array.from({ length: 24 }, (_, hour) =>
    peakHours.reduce(
      (sum, peak) =>
        sum + Math.exp(activity.hourConcentration * (Math.cos((2 * Math.PI * (hour - peak)) / 24) - 1)),
      activity.hourFloor,
    ),
  );
}
