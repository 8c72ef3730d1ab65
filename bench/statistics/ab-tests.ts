import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import type { Experiment } from '../../dist/domain/experiment.js';
import { assign } from '../../dist/experiments/assignment/assign.js';
import { compareArms } from '../../dist/experiments/statistics/compare.js';
import { alwaysValidTest, fixedTest, type Interval } from '../../dist/experiments/statistics/intervals.js';
import { momentsOfSums, type Moments } from '../../dist/experiments/statistics/moments.js';
import { poisson, standardNormal } from '../../dist/sample/random-draws.js';

const DAYS = 28;
const ALPHA = 0.05;
/** Share of the days on which a user returns. */
const RETURN = 0.3;
const IMPRESSIONS = 10;
const CLICK_RATE = 0.1;
/** Standard deviation of the logarithm of the click rate between users. */
const RATE_SPREAD = 0.4;

export interface AbTestOptions {
  readonly seed: number;
  readonly tests: number;
  /** New users per day, of both arms. */
  readonly usersPerDay: number;
  /** Relative change of the click-through rate by the treatment. */
  readonly effect: number;
}

/** Counts over the simulated tests. */
export interface AbTestCounts {
  readonly tests: number;
  /** Tests in which the interval excluded 0 on any of the 28 days. */
  readonly foundByPeekingFixed: number;
  readonly foundByPeekingAlwaysValid: number;
  /** Tests in which the fixed interval excluded 0 on the last day. */
  readonly foundAtEnd: number;
  /** Tests in which the fixed interval on the last day contained the true effect. */
  readonly coveredAtEnd: number;
  /** Tests in which the always-valid interval contained the true effect on every day. */
  readonly coveredOnAllDays: number;
  /** Mean day on which the always-valid interval first excluded 0, of the tests in which it did. */
  readonly meanDayFound: number;
}

/**
 * Simulates experiments on the click-through rate with a look on each of 28 days. Users arrive daily, return on some days,
 * and differ in how often they click, so the events of one user depend on each other. The gateway's assignment splits
 * them.
 */
export function simulateAbTests({ seed, tests, usersPerDay, effect }: AbTestOptions): AbTestCounts {
  const rng = xoroshiro128plus(seed);
  const counts = { fixed: 0, always: 0, end: 0, coveredAtEnd: 0, coveredOnAllDays: 0, dayFound: 0 };
  for (let test = 0; test < tests; test += 1) {
    const run = new AbTest(`${seed}-${test}`, effect, rng);
    let [foundFixed, foundOn, coveredOnAllDays] = [false, 0, true];
    for (let day = 1; day <= DAYS; day += 1) {
      run.simulateDay(usersPerDay);
      const compared = compareArms(run.moments(0), run.moments(1), { scale: 'relative', cuped: false });
      if (compared === null) continue;
      const fixed = fixedTest(compared, ALPHA).interval;
      const always = alwaysValidTest(compared, ALPHA).interval;
      foundFixed ||= excludes(fixed, 0);
      if (foundOn === 0 && excludes(always, 0)) foundOn = day;
      coveredOnAllDays &&= !excludes(always, effect);
      if (day === DAYS) {
        counts.end += Number(excludes(fixed, 0));
        counts.coveredAtEnd += Number(!excludes(fixed, effect));
      }
    }
    counts.fixed += Number(foundFixed);
    counts.always += Number(foundOn > 0);
    counts.dayFound += foundOn;
    counts.coveredOnAllDays += Number(coveredOnAllDays);
  }
  return {
    tests,
    foundByPeekingFixed: counts.fixed,
    foundByPeekingAlwaysValid: counts.always,
    foundAtEnd: counts.end,
    coveredAtEnd: counts.coveredAtEnd,
    coveredOnAllDays: counts.coveredOnAllDays,
    meanDayFound: counts.dayFound / counts.always,
  };
}

interface SimulatedUser {
  readonly arm: 0 | 1;
  readonly rate: number;
  clicks: number;
  impressions: number;
}

class AbTest {
  readonly #experiment: Experiment;
  readonly #effect: number;
  readonly #rng: RandomGenerator;
  readonly #users: SimulatedUser[] = [];
  /** By arm: users, Σ clicks, Σ impressions, Σ clicks², Σ clicks · impressions, Σ impressions². */
  readonly #sums = [new Float64Array(6), new Float64Array(6)] as const;

  constructor(seed: string, effect: number, rng: RandomGenerator) {
    this.#effect = effect;
    this.#rng = rng;
    this.#experiment = {
      ...{ name: seed, unit: 'user', seed, hashVersion: 2, layer: null, stopped: false, forcedArm: null },
      arms: [
        { name: '0', weight: 0.5 },
        { name: '1', weight: 0.5 },
      ],
      traffic: [{ fromMs: 0, share: 1 }],
      targeting: { countries: null, users: 'all' },
      ...{ startMs: null, endMs: null },
    };
  }

  simulateDay(newUsers: number): void {
    for (const user of this.#users) if (uniformFloat64(this.#rng) < RETURN) this.#visit(user);
    for (let count = 0; count < newUsers; count += 1) {
      const userKey = `user-${this.#users.length}`;
      const subject = { userKey, sessionId: null, country: null, isNew: true };
      const arm = assign(this.#experiment, subject, { nowMs: 0, holdout: null }).arm === '1' ? 1 : 0;
      const rate = CLICK_RATE * Math.exp(RATE_SPREAD * standardNormal(this.#rng) - RATE_SPREAD ** 2 / 2);
      const user: SimulatedUser = { arm, rate, clicks: 0, impressions: 0 };
      this.#users.push(user);
      const sums = this.#sums[arm];
      sums[0] = (sums[0] ?? 0) + 1;
      this.#visit(user);
    }
  }

  moments(arm: 0 | 1): Moments {
    const [users = 0, clicks = 0, shown = 0, clicks2 = 0, both = 0, shown2 = 0] = this.#sums[arm];
    return momentsOfSums({
      users,
      sum: [clicks, shown, 0, 0],
      products: [
        [clicks2, both, 0, 0],
        [both, shown2, 0, 0],
        [0, 0, 0, 0],
        [0, 0, 0, 0],
      ],
    });
  }

  #visit(user: SimulatedUser): void {
    const rate = user.rate * (user.arm === 1 ? 1 + this.#effect : 1);
    this.#count(user, -1);
    user.clicks += poisson(this.#rng, rate * IMPRESSIONS);
    user.impressions += IMPRESSIONS;
    this.#count(user, 1);
  }

  /** Adds the totals of a user to the sums of the arm, or takes them out. */
  #count({ arm, clicks, impressions }: SimulatedUser, sign: 1 | -1): void {
    const sums = this.#sums[arm];
    const terms = [0, clicks, impressions, clicks ** 2, clicks * impressions, impressions ** 2];
    for (const [index, term] of terms.entries()) sums[index] = (sums[index] ?? 0) + sign * term;
  }
}

function excludes({ low, high }: Interval, value: number): boolean {
  return low > value || high < value;
}
