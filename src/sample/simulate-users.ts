import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import type { InteractionDraft } from '../catalog/importers/formats/import-record.js';
import { DAY_MS, HOUR_MS } from '../lib/time.js';
import { archetypes, countryOf, sampleCountries, type Archetype, type SampleCountry } from './archetypes.js';
import { browse } from './browse-session.js';
import { drawAffinity, toSimulatedMarkets, type SimulatedMarket } from './latent-affinity.js';
import { logNormal, poisson, weightedIndex } from './random-draws.js';
import type { SampleMarket } from './sample-catalog.js';
import type { SimulatedUser } from './session.js';

/** The published attributes of a simulated user. */
interface SampleUser {
  userKey: string;
  archetype: string;
  country: SampleCountry;
}

/** The attributes that decide when a user visits the site. */
interface Visitor {
  kind: Archetype;
  country: SampleCountry;
  /** Rank within the archetype divided by its size, 0–1; the most active user first. */
  rankShare: number;
}

type UserPlan = SampleUser & Visitor;

/** Log-spread of a user's median stake around the archetype's. */
const stakeSpread = 0.5;

const activity = {
  /** Sessions fall with a user's rank within the archetype as rank^−skew; the mean is unchanged. */
  skew: 0.2,
  /** This share of users, the most active, joined before the period; the others joined at a uniform time within it. */
  establishedShare: 0.6,
  /** Concentration of sessions around an archetype's peak hours (von Mises κ). */
  hourConcentration: 6,
  /** Weight of any other hour, relative to 1 at a peak. */
  hourFloor: 0.04,
} as const;

/**
 * Simulates users and their interactions of the last `days` from one generative model. Each user has latent affinities for
 * categories and tags and visits at plausible local hours. During a visit, affinity, focus, popularity, and recency decide
 * the clicks. A ranking algorithm that learns affinities therefore does better on this data than one that does not, but
 * no single ranking rule is built in.
 *
 * User keys read `sample-<archetype>-001`; a lower number is more active. Archetypes and countries depend on `users` only,
 * everything else also on the seed. The same input gives the same output.
 *
 * @returns interactions in time order, none after `nowMs`, none outside the life of its market.
 */
export function simulateUsers(
  sampleMarkets: readonly SampleMarket[],
  { seed, nowMs, users, days }: { seed: number; nowMs: number; users: number; days: number },
): { users: SampleUser[]; interactions: InteractionDraft[] } {
  const markets = toSimulatedMarkets(sampleMarkets);
  const ends = new Map(markets.map(({ id, endsAtMs }) => [id, endsAtMs]));
  const plans = planUsers(users);
  const streams = xoroshiro128plus(seed);
  const timed = plans.flatMap((plan) => {
    // A jump separates the streams, so that the draws of one user are independent of those of another.
    streams.jump();
    return simulateUser(streams.clone(), plan, markets, nowMs, days)
      .map((event) => ({ atMs: Date.parse(event.occurredAt), event }))
      .filter(({ atMs, event }) => atMs <= nowMs && atMs <= (ends.get(event.marketId) ?? nowMs));
  });
  return {
    users: plans.map(({ userKey, archetype, country }) => ({ userKey, archetype, country })),
    interactions: timed.sort((a, b) => a.atMs - b.atMs).map(({ event }) => event),
  };
}

/** Distributes the users over the archetypes by cumulative rounding, and each archetype over the countries. */
function planUsers(users: number): UserPlan[] {
  let share = 0;
  return archetypes.flatMap((kind) => {
    const before = Math.round(share * users);
    share += kind.share;
    const count = Math.round(share * users) - before;
    return Array.from({ length: count }, (_, index) => ({
      userKey: `sample-${kind.name}-${String(index + 1).padStart(3, '0')}`,
      archetype: kind.name,
      country: countryOf(index, kind.firstCountry),
      kind,
      rankShare: (index + 0.5) / count,
    }));
  });
}

function simulateUser(
  rng: RandomGenerator,
  plan: UserPlan,
  markets: readonly SimulatedMarket[],
  nowMs: number,
  days: number,
): InteractionDraft[] {
  const { userKey, kind, country } = plan;
  const user: SimulatedUser = {
    userKey,
    archetype: kind,
    country,
    affinity: drawAffinity(rng, kind, country, markets),
    medianStake: logNormal(rng, kind.medianStake, stakeSpread),
    impressions: new Map(),
    followed: [],
    hidden: new Set(),
  };
  const limit = kind.maxActions === undefined ? Infinity : uniformInt(rng, 1, kind.maxActions);
  const events: InteractionDraft[] = [];
  let sessionEndMs = -Infinity;
  for (const [visit, startMs] of sessionStarts(rng, plan, nowMs, days).entries()) {
    if (startMs < sessionEndMs || countActions(events) >= limit) continue;
    const sessionId = `${userKey}-s${visit + 1}`;
    const session = { rng, markets, user, sessionId, events, focus: new Set<string>(), clockMs: startMs };
    browse(session);
    sessionEndMs = session.clockMs;
  }
  return upToAction(events, limit);
}

function countActions(events: readonly InteractionDraft[]): number {
  return events.filter(({ eventType }) => eventType !== 'IMPRESSION').length;
}

/** The events up to and including the `limit`-th one that is not an impression. */
function upToAction(events: readonly InteractionDraft[], limit: number): InteractionDraft[] {
  let actions = 0;
  const end = events.findIndex(({ eventType }) => eventType !== 'IMPRESSION' && (actions += 1) >= limit);
  return events.slice(0, end === -1 ? undefined : end + 1);
}

/**
 * Start times of a user's sessions in the last `days`, earliest first, none after `nowMs`: a Poisson number of visits on
 * each local day, at hours drawn around the archetype's peaks.
 */
function sessionStarts(
  rng: RandomGenerator,
  { kind, country, rankShare }: Visitor,
  nowMs: number,
  days: number,
): number[] {
  const sessionsPerDay = kind.sessionsPerDay * (1 - activity.skew) * rankShare ** -activity.skew;
  const joinedMs = nowMs - drawJoinedDaysAgo(rng, kind, rankShare, days) * DAY_MS;
  const offsetMs = sampleCountries[country].utcOffsetHours * HOUR_MS;
  const localMidnightMs = Math.floor((nowMs + offsetMs) / DAY_MS) * DAY_MS - offsetMs;
  const weights = hourWeights(kind.peakHours);
  const starts: number[] = [];
  for (let daysAgo = days; daysAgo >= 0; daysAgo -= 1) {
    for (let visits = poisson(rng, sessionsPerDay); visits > 0; visits -= 1) {
      const hour = weightedIndex(rng, weights) + uniformFloat64(rng);
      starts.push(Math.floor(localMidnightMs - daysAgo * DAY_MS + hour * HOUR_MS));
    }
  }
  return starts.filter((startMs) => startMs >= joinedMs && startMs <= nowMs).sort((a, b) => a - b);
}

function drawJoinedDaysAgo(rng: RandomGenerator, kind: Archetype, rankShare: number, days: number): number {
  if (kind.joinedWithinDays !== undefined) return Math.min(days, kind.joinedWithinDays * uniformFloat64(rng));
  return rankShare <= activity.establishedShare ? days : days * uniformFloat64(rng);
}

/** Weights by local hour: a sum of von Mises kernels around the peaks and a low floor. */
function hourWeights(peakHours: readonly number[]): number[] {
  return Array.from({ length: 24 }, (_, hour) =>
    peakHours.reduce(
      (sum, peak) =>
        sum + Math.exp(activity.hourConcentration * (Math.cos((2 * Math.PI * (hour - peak)) / 24) - 1)),
      activity.hourFloor,
    ),
  );
}
