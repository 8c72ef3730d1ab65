import type { EventType } from '../domain/event.js';
import { EVENT_TYPES } from '../domain/event.js';
import type { Experiment } from '../domain/experiment.js';
import type { ExperimentSums, MetricSums } from '../storage/experiment-repository.js';
import { compareMetrics } from './statistics/compare-metrics.js';
import { momentsOfSums, type Moments } from './statistics/moments.js';
import { sampleRatioTest, sequentialSampleRatio, type SampleRatio } from './statistics/sample-ratio.js';

/** Level of the intervals. */
const ALPHA = 0.05;

/** A p-value of a sample-ratio mismatch below this is an alarm. */
const MISMATCH_BELOW = 0.001;

/** Events of a type per exposed user, or the share of two numbers of events. */
export type MetricName = EventType | 'hideRate' | 'clickRate';

/** Difference from the control, with an interval and the p-value of no difference. */
export interface Difference {
  readonly estimate: number;
  /** 95%, valid for one look at a time that was fixed in advance. */
  readonly fixed: IntervalWithP;
  /** 95%, valid under any number of looks. */
  readonly alwaysValid: IntervalWithP;
  /** The always-valid p-value, adjusted for the number of metrics (Benjamini–Hochberg). */
  readonly adjustedPValue: number;
}

interface IntervalWithP {
  readonly low: number;
  readonly high: number;
  readonly pValue: number;
}

export interface ArmMetric {
  readonly metric: MetricName;
  /** Null without a denominator. */
  readonly value: number | null;
  /** Null for the control, and if an arm has no variance. */
  readonly difference: Difference | null;
}

export interface ArmReport {
  readonly arm: string;
  /** Share of the assigned users. */
  readonly weight: number;
  /** Exposed users. */
  readonly users: number;
  readonly metrics: readonly ArmMetric[];
}

export interface ExperimentReport {
  readonly experiment: string;
  /** ISO 8601 in UTC. */
  readonly from: string;
  readonly to: string;
  readonly users: number;
  /** Users who were exposed to several arms. They count in no arm. */
  readonly usersOfSeveralArms: number;
  /** The exposed users of each arm against the weights. */
  readonly sampleRatio: SampleRatio & {
    /** Valid under any number of looks. */
    readonly sequentialPValue: number;
    readonly isMismatch: boolean;
  };
  /** The control first. */
  readonly arms: readonly ArmReport[];
}

/** Compares the arms of an experiment with the control by the sums over their exposed users. */
export function experimentReport(
  { name, arms }: Pick<Experiment, 'name' | 'arms'>,
  sums: ExperimentSums,
  { from, to }: { readonly from: Date; readonly to: Date },
): ExperimentReport {
  const usersOf = (arm: string): number => sums.arms.find((each) => each.arm === arm)?.users ?? 0;
  const counts = arms.map((arm) => usersOf(arm.name));
  const weights = arms.map(({ weight }) => weight);
  const ratio = sampleRatioTest(counts, weights);
  const sequentialPValue = sequentialSampleRatio(counts, weights);
  const metrics = metricNames(sums);
  const momentsOf = (arm: string): Moments[] =>
    metrics.map((metric) => momentsOfMetric(metric, usersOf(arm), sums, arm));
  const [control] = arms;
  const controlMoments = control === undefined ? [] : momentsOf(control.name);
  return {
    ...{ experiment: name, from: from.toISOString(), to: to.toISOString() },
    users: counts.reduce((total, count) => total + count, 0),
    usersOfSeveralArms: sums.usersOfSeveralArms,
    sampleRatio: { ...ratio, sequentialPValue, isMismatch: sequentialPValue < MISMATCH_BELOW },
    arms: arms.map(({ name: arm, weight }, index) => {
      const moments = momentsOf(arm);
      const differences = index === 0 ? metrics.map(() => null) : differencesOf(controlMoments, moments);
      return {
        ...{ arm, weight, users: usersOf(arm) },
        metrics: metrics.map((metric, place) => ({
          metric,
          value: valueOf(moments[place]),
          difference: differences[place] ?? null,
        })),
      };
    }),
  };
}

function differencesOf(control: readonly Moments[], treatment: readonly Moments[]): (Difference | null)[] {
  const pairs = control.flatMap((moments, index) => {
    const other = treatment[index];
    return other === undefined ? [] : [{ control: moments, treatment: other }];
  });
  return compareMetrics(pairs, { scale: 'absolute', cuped: false, alpha: ALPHA }).map(
    (comparison) =>
      comparison && {
        estimate: comparison.effect.estimate,
        fixed: { ...comparison.fixed.interval, pValue: comparison.fixed.pValue },
        alwaysValid: { ...comparison.alwaysValid.interval, pValue: comparison.alwaysValid.pValue },
        adjustedPValue: comparison.adjustedPValue,
      },
  );
}

/** Participation first, then the other types with events, then the rates. */
function metricNames({ metrics }: ExperimentSums): MetricName[] {
  const types = EVENT_TYPES.filter(
    (type) => type === 'PARTICIPATE' || type === 'CLICK' || metrics.some(({ metric }) => metric === type),
  );
  return [...types, 'clickRate', 'hideRate'];
}

function momentsOfMetric(
  metric: MetricName,
  users: number,
  { metrics }: ExperimentSums,
  arm: string,
): Moments {
  const sums = metrics.find((each) => each.arm === arm && each.metric === metric) ?? NONE;
  const isRate = metric === 'hideRate' || metric === 'clickRate';
  const { value, valueSquared } = sums;
  // Per user, the denominator is 1.
  const [denominator, product, squared] = isRate
    ? [sums.denominator, sums.product, sums.denominatorSquared]
    : [users, value, users];
  return momentsOfSums({
    users,
    sum: [value, denominator, 0, 0],
    products: [
      [valueSquared, product, 0, 0],
      [product, squared, 0, 0],
      [0, 0, 0, 0],
      [0, 0, 0, 0],
    ],
  });
}

const NONE: Omit<MetricSums, 'arm' | 'metric'> = {
  ...{ value: 0, denominator: 0, valueSquared: 0, product: 0, denominatorSquared: 0 },
};

function valueOf(moments: Moments | undefined): number | null {
  const [value, denominator] = moments?.mean ?? [0, 0];
  return denominator === 0 ? null : value / denominator;
}
