import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { estimatePolicy } from '../../dist/experiments/off-policy/estimate.js';
import { ESTIMATORS, type EstimatorName } from '../../dist/experiments/off-policy/estimators.js';
import { slotSequence } from '../../dist/experiments/off-policy/robust-sequence.js';
import {
  weighSlate,
  type LoggedSlate,
  type Policy,
  type RewardModel,
} from '../../dist/experiments/off-policy/slates.js';
import { chance, standardNormal, weightedIndex } from '../../dist/sample/random-draws.js';

/** The shape of the Open Bandit data: 34 campaign items on three positions, binary clicks. */
const ITEMS = 34;
const SLOTS = 3;
const GROUPS = 5;
const ALPHA = 0.05;

export interface OpenBanditOptions {
  readonly seed: number;
  readonly runs: number;
  readonly slates: number;
  /** Mean slates per user, at least 1. */
  readonly slatesPerUser: number;
  /** Mean click-through rate of an item. */
  readonly clickRate: number;
}

export interface OpenBanditCoverage {
  readonly runs: number;
  /** Runs in which the 95% interval contained the true value, by estimator. */
  readonly covered: Readonly<Record<EstimatorName, number>>;
  /** Mean of the estimates divided by the true value. */
  readonly relativeMean: Readonly<Record<EstimatorName, number>>;
  /** Runs in which the robust confidence sequence contained the mean of a slot. */
  readonly sequenceCovered: number;
}

/** Users of one group see the same items and click on them alike. */
type Group = number;

/**
 * Simulates logs of a known world and evaluates another policy on them. Both policies select each slot independently, so
 * every estimator is consistent. The reward model of the doubly robust estimate learns from earlier logs.
 */
export function simulateOpenBandit(options: OpenBanditOptions): OpenBanditCoverage {
  const rng = xoroshiro128plus(options.seed);
  const names = Object.keys(ESTIMATORS) as EstimatorName[];
  const covered = Object.fromEntries(names.map((name) => [name, 0])) as Record<EstimatorName, number>;
  const means = { ...covered };
  let sequenceCovered = 0;
  for (let run = 0; run < options.runs; run += 1) {
    const world = drawWorld(rng, options.clickRate);
    const logging = softmaxPolicy(rng, world, 0.5);
    const target = softmaxPolicy(rng, world, 1);
    const model = learnedModel(drawLogs(rng, world, logging, options));
    const truth = valueOf(world, target);
    const slates = drawLogs(rng, world, logging, options).map((slate) => weighSlate(slate, target, model));
    for (const name of names) {
      const estimate = estimatePolicy(slates, name, ALPHA);
      if (estimate === null) continue;
      means[name] += estimate.value / truth / options.runs;
      if (estimate.interval.low <= truth && truth <= estimate.interval.high) covered[name] += 1;
    }
    const perSlot = truth / SLOTS;
    const { low, high } = slotSequence(slates, ALPHA);
    if (low <= perSlot && perSlot <= high) sequenceCovered += 1;
  }
  return { runs: options.runs, covered, relativeMean: means, sequenceCovered };
}

/** Probability of a click, by group, slot, and item. */
type World = readonly (readonly (readonly number[])[])[];

function drawWorld(rng: RandomGenerator, clickRate: number): World {
  const appeal = Array.from({ length: ITEMS }, () => 0.5 * standardNormal(rng));
  return Array.from({ length: GROUPS }, () => {
    const own = appeal.map((shared) => shared + 0.5 * standardNormal(rng));
    return Array.from({ length: SLOTS }, (_, slot) =>
      own.map((logit) => Math.min(1, (clickRate * Math.exp(logit)) / (1 + 0.3 * slot))),
    );
  });
}

interface TablePolicy extends Policy<Group, number> {
  readonly table: World;
}

/** A policy that prefers items with many clicks, with noise; a larger strength explores less. */
function softmaxPolicy(rng: RandomGenerator, world: World, strength: number): TablePolicy {
  const table = world.map((slots) => {
    const noise = Array.from({ length: ITEMS }, () => 0.5 * standardNormal(rng));
    return slots.map((rates) => {
      const weights = rates.map((rate, item) => Math.exp(strength * (Math.log(rate) + (noise[item] ?? 0))));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      return weights.map((weight) => weight / total);
    });
  });
  const entries = table.map((slots) => slots.map((probabilities) => [...probabilities.entries()]));
  return { table, probabilities: (group, slot) => entries[group]?.[slot] ?? [] };
}

function valueOf(world: World, { table }: TablePolicy): number {
  let total = 0;
  for (const [group, slots] of world.entries()) {
    for (const [slot, rates] of slots.entries()) {
      for (const [item, rate] of rates.entries()) total += rate * (table[group]?.[slot]?.[item] ?? 0);
    }
  }
  return total / GROUPS;
}

function drawLogs(
  rng: RandomGenerator,
  world: World,
  { table }: TablePolicy,
  { slates, slatesPerUser }: OpenBanditOptions,
): LoggedSlate<Group, number>[] {
  const logs: LoggedSlate<Group, number>[] = [];
  let user = 0;
  let group = 0;
  for (let index = 0; index < slates; index += 1) {
    if (index === 0 || chance(rng, 1 / slatesPerUser)) {
      user += 1;
      group = Math.floor(uniformFloat64(rng) * GROUPS);
    }
    const slots = Array.from({ length: SLOTS }, (_, slot) => {
      const probabilities = table[group]?.[slot] ?? [];
      const item = weightedIndex(rng, probabilities);
      const reward = Number(chance(rng, world[group]?.[slot]?.[item] ?? 0));
      return { item, propensity: probabilities[item] ?? 0, reward };
    });
    logs.push({ user: `user-${user}`, context: group, slots });
  }
  return logs;
}

/** Click rates by item, smoothed toward the mean. */
function learnedModel(logs: readonly LoggedSlate<Group, number>[]): RewardModel<Group, number> {
  const clicks = new Float64Array(ITEMS);
  const shown = new Float64Array(ITEMS);
  for (const { slots } of logs) {
    for (const { item, reward } of slots) {
      clicks[item] = (clicks[item] ?? 0) + reward;
      shown[item] = (shown[item] ?? 0) + 1;
    }
  }
  const mean = clicks.reduce((a, b) => a + b, 0) / shown.reduce((a, b) => a + b, 0);
  const rates = Array.from(clicks, (count, item) => (count + 20 * mean) / ((shown[item] ?? 0) + 20));
  return { predict: (_group, item) => rates[item] ?? mean };
}
