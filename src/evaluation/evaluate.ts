import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { RankingConfig } from '../config/ranking-schema.js';
import { OperatorError } from '../lib/errors.js';
import { eventWeight } from '../scoring/shared/event-weight.js';
import type { AlgorithmName } from './algorithm.js';
import type { Archive } from './archive.js';
import { createAlgorithm } from './create-algorithm.js';
import { replay, type SkipReason } from './replay.js';
import { halfOf, type Half } from './user-half.js';
import { Tally, type AlgorithmResult, type JudgedCounts } from './tally.js';

export interface EvaluationOptions {
  readonly algorithms: readonly AlgorithmName[];
  /** Share of the interactions, the earliest, from which is only learned: 0 to below 1. */
  readonly split: number;
  readonly k: number;
  /** Of so many people, drawn at random, interactions are judged; undefined: of all. */
  readonly limitUsers: number | undefined;
  /** Only this half of the people is judged; undefined: both are. */
  readonly half: Half | undefined;
  /** Of the random ranking, the draw of people and the bootstrap. */
  readonly seed: number;
  readonly resamples: number;
}

export interface Evaluation {
  readonly period: { readonly fromMs: number; readonly splitAtMs: number; readonly toMs: number };
  readonly counts: JudgedCounts;
  readonly skipped: Readonly<Record<SkipReason, number>>;
  readonly results: readonly { readonly algorithm: AlgorithmName; readonly result: AlgorithmResult }[];
}

/**
 * Judges algorithms on an archive. The same archive, config and options give the same numbers. A generator, so that
 * the caller may do something else meanwhile: it gives the share done, 0–1, again and again.
 *
 * @throws OperatorError when the archive has no interaction that can be judged.
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
    throw new OperatorError('There are no interactions to judge by.');
  }
  const sampled = samplePeople(archive, config, split.atMs, options);
  const judgements = replay(archive, {
    config,
    algorithms: options.algorithms.map((name) => createAlgorithm(name, archive, config, options.seed)),
    splitAtMs: split.atMs,
    k: options.k,
    judges: (userKey) => sampled?.has(userKey) ?? isOfHalf(userKey, options.half),
  });
  const tally = new Tally(archive, options.algorithms.length, options.k);
  let step = judgements.next();
  for (; step.done !== true; step = judgements.next()) {
    tally.add(step.value);
    yield step.value.place / events.length;
  }
  const counts = tally.counts();
  if (counts.judged === 0) {
    throw new OperatorError(
      'No interaction after the split can be judged: each was negative, an impression, on a market that the person knew already, or on one that was not open.',
    );
  }
  return {
    period: { fromMs: first.atMs, splitAtMs: split.atMs, toMs: last.atMs },
    counts,
    skipped: step.value,
    results: tally.results(options).flatMap((result, place) => {
      const algorithm = options.algorithms[place];
      return algorithm === undefined ? [] : [{ algorithm, result }];
    }),
  };
}

function isOfHalf(userKey: string, half: Half | undefined): boolean {
  return half === undefined || halfOf(userKey) === half;
}

/** So many of the people with a positive interaction from the split on, each set of them equally likely. */
function samplePeople(
  { events }: Archive,
  config: RankingConfig,
  splitAtMs: number,
  { limitUsers, half, seed }: EvaluationOptions,
): ReadonlySet<string> | undefined {
  if (limitUsers === undefined) return undefined;
  const people = new Set<string>();
  for (const { atMs, userKey, eventType, dwellMs } of events) {
    if (atMs < splitAtMs || eventWeight(eventType, dwellMs, config.events) <= 0) continue;
    if (isOfHalf(userKey, half)) people.add(userKey);
  }
  const left = [...people].sort();
  const rng = xoroshiro128plus(seed);
  const sampled = new Set<string>();
  while (sampled.size < limitUsers && left.length > 0) {
    const place = uniformInt(rng, 0, left.length - 1);
    for (const userKey of left.splice(place, 1)) sampled.add(userKey);
  }
  return sampled;
}
