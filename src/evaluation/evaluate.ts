import { createHash } from 'node:crypto';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { RankingConfig } from '../config/schema/ranking-schema.js';
import { OperatorError } from '../lib/errors.js';
import { eventWeight } from '../scoring/shared/event-weight.js';
import { createAlgorithms, type AlgorithmName } from './algorithms.js';
import type { Archive } from './archive.js';
import { derivedDates, type DerivedDate } from './derived-dates.js';
import { Differences, type Difference } from './differences.js';
import { replay, type SkipReason } from './replay.js';
import { ResultAggregator, type AlgorithmResult, type EvaluationCounts } from './results.js';

export interface EvaluationOptions {
  readonly algorithms: readonly AlgorithmName[];
  /** Share of the interactions, the earliest, that only train: 0 to below 1. */
  readonly split: number;
  readonly k: number;
  /** Number of users, sampled at random, whose interactions are evaluated; undefined for all. */
  readonly limitUsers: number | undefined;
  /** The half of the users that is evaluated; undefined for both. */
  readonly half: Half | undefined;
  /** Whether markets that the user already knows are no candidates. */
  readonly leaveKnownOut: boolean;
  /** Seed of the random ranking, the sample of users and the bootstrap. */
  readonly seed: number;
  readonly resamples: number;
}

export interface Evaluation {
  readonly period: { readonly fromMs: number; readonly splitAtMs: number; readonly toMs: number };
  readonly counts: EvaluationCounts;
  readonly skipped: Readonly<Record<SkipReason, number>>;
  readonly results: readonly { readonly algorithm: AlgorithmName; readonly result: AlgorithmResult }[];
  /** The differences of the other algorithms from v2; empty without v2. */
  readonly differences: readonly { readonly algorithm: AlgorithmName; readonly difference: Difference }[];
  readonly derivedDates: readonly DerivedDate[];
}

/**
 * Evaluates algorithms on an archive. The same archive, config and options give the same numbers. It yields its
 * progress, 0–1, so the caller can do other work in between.
 *
 * @throws {OperatorError} when the archive has no interaction to evaluate.
 */
export function* evaluate(
  archive: Archive,
  config: RankingConfig,
  options: EvaluationOptions,
): Generator<number, Evaluation> {
  const { events } = archive;
  const [first] = events;
  const last = events.at(-1);
  const split = events[Math.floor(options.split * events.length)];
  if (first === undefined || last === undefined || split === undefined) {
    throw new OperatorError('The archive has no interactions to evaluate.');
  }
  const sampled = sampleUsers(archive, config, split.atMs, options);
  const choices = replay(archive, {
    config,
    algorithms: createAlgorithms(options.algorithms, archive, config, options.seed),
    splitAtMs: split.atMs,
    k: options.k,
    leaveKnownOut: options.leaveKnownOut,
    isSampled: (userKey) => sampled?.has(userKey) ?? isInHalf(userKey, options.half),
  });
  const aggregator = new ResultAggregator(archive, options.algorithms.length, options.k);
  const differences = new Differences({
    ...{ algorithms: options.algorithms.length, k: options.k },
    middleMs: (split.atMs + last.atMs) / 2,
    isInA: (userKey) => halfOf(userKey) === 'a',
  });
  let step = choices.next();
  for (; step.done !== true; step = choices.next()) {
    aggregator.add(step.value);
    differences.add(step.value);
    yield step.value.position / events.length;
  }
  const counts = aggregator.counts();
  if (counts.interactions === 0) {
    throw new OperatorError(
      'No interaction after the split can be evaluated: each has weight 0 or less, or is on a market that the user already knew or that was not open.',
    );
  }
  return {
    period: { fromMs: first.atMs, splitAtMs: split.atMs, toMs: last.atMs },
    counts,
    skipped: step.value,
    results: aggregator.results(options).flatMap((result, index) => {
      const algorithm = options.algorithms[index];
      return algorithm === undefined ? [] : [{ algorithm, result }];
    }),
    differences: differencesFromV2(differences, options),
    derivedDates: derivedDates(archive),
  };
}

function differencesFromV2(differences: Differences, options: EvaluationOptions): Evaluation['differences'] {
  const { algorithms } = options;
  const baseline = algorithms.indexOf('v2');
  if (baseline < 0) return [];
  return algorithms.flatMap((algorithm, index) =>
    index === baseline ? [] : [{ algorithm, difference: differences.of(index, baseline, options) }],
  );
}

export const HALVES = ['a', 'b'] as const;

/** One of two halves of all users: choose constants on one and report on the other. */
export type Half = (typeof HALVES)[number];

/** The half of a user: the lowest bit of the first byte of the SHA-256 of the userKey. It is the same in every archive. */
export function halfOf(userKey: string): Half {
  const [first = 0] = createHash('sha256').update(userKey).digest();
  return (first & 1) === 0 ? 'a' : 'b';
}

function isInHalf(userKey: string, half: Half | undefined): boolean {
  return half === undefined || halfOf(userKey) === half;
}

/** A uniform sample of the users with a positive interaction from the split on; undefined without a limit. */
function sampleUsers(
  { events }: Archive,
  config: RankingConfig,
  splitAtMs: number,
  { limitUsers, half, seed }: EvaluationOptions,
): ReadonlySet<string> | undefined {
  if (limitUsers === undefined) return undefined;
  const users = new Set<string>();
  for (const { atMs, userKey, eventType, dwellMs } of events) {
    if (atMs < splitAtMs || eventWeight(eventType, dwellMs, config.events) <= 0) continue;
    if (isInHalf(userKey, half)) users.add(userKey);
  }
  const remaining = [...users].sort();
  const rng = xoroshiro128plus(seed);
  const sampled = new Set<string>();
  while (sampled.size < limitUsers && remaining.length > 0) {
    const index = uniformInt(rng, 0, remaining.length - 1);
    for (const userKey of remaining.splice(index, 1)) sampled.add(userKey);
  }
  return sampled;
}
