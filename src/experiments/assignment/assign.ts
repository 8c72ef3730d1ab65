import type { Experiment, Holdout, Targeting, TrafficStep } from '../../domain/experiment.js';
import { armOfBucket, bucketRanges, inLayer } from './buckets.js';
import { bucketOf } from './hash.js';

/** The request that asks for an arm. */
export interface Subject {
  readonly userKey: string | null;
  readonly sessionId: string | null;
  /** ISO 3166-1 alpha-2 code in upper case. */
  readonly country: string | null;
  /** Null if that is unknown: then only experiments for all users target the subject. */
  readonly isNew: boolean | null;
  /** Arms that staff chose for a preview, by experiment. They count in no report. */
  readonly preview?: ReadonlyMap<string, string>;
}

/** The arm of a subject, or the first rule that leaves the subject out. */
export type Assignment =
  | {
      readonly arm: string;
      /** Whether the hash chose the arm. Only such assignments are compared in a report. */
      readonly hashed: boolean;
    }
  | { readonly arm: null; readonly reason: LeftOut };

export type LeftOut =
  | 'TOO_FEW_ARMS'
  | 'UNKNOWN_ARM'
  | 'STOPPED'
  | 'NOT_STARTED'
  | 'ENDED'
  | 'NO_UNIT'
  | 'HOLDOUT'
  | 'LAYER'
  | 'TARGETING'
  | 'TRAFFIC';

/**
 * Assigns a subject to an arm. The result depends on the arguments alone: two replicas with the same config agree
 * without communication. The rules apply in the order of `run` of the GrowthBook SDK.
 *
 * @param holdout the units that no experiment includes; null for none.
 */
export function assign(
  experiment: Experiment,
  subject: Subject,
  { nowMs, holdout }: { readonly nowMs: number; readonly holdout: Holdout | null },
): Assignment {
  const { arms, name, seed, hashVersion } = experiment;
  if (arms.length < 2) return leftOut('TOO_FEW_ARMS');
  const preview = subject.preview?.get(name);
  if (preview !== undefined) return chosen(experiment, preview);

  if (experiment.stopped) return leftOut('STOPPED');
  if (experiment.startMs !== null && nowMs < experiment.startMs) return leftOut('NOT_STARTED');
  if (experiment.endMs !== null && nowMs >= experiment.endMs) return leftOut('ENDED');
  const unit = experiment.unit === 'user' ? subject.userKey : subject.sessionId;
  if (unit === null || unit === '') return leftOut('NO_UNIT');
  if (holdout !== null && inHoldout(holdout, subject)) return leftOut('HOLDOUT');
  if (experiment.layer !== null && !inLayer(unit, experiment.layer)) return leftOut('LAYER');
  if (!isTargeted(experiment.targeting, subject)) return leftOut('TARGETING');

  const weights = arms.map((arm) => arm.weight);
  const ranges = bucketRanges(arms.length, trafficAt(experiment.traffic, nowMs), weights);
  const arm = arms[armOfBucket(bucketOf(seed, unit, hashVersion), ranges)];
  if (arm === undefined) return leftOut('TRAFFIC');
  if (experiment.forcedArm !== null) return chosen(experiment, experiment.forcedArm);
  return { arm: arm.name, hashed: true };
}

/**
 * Whether the holdout contains the subject: by user where the request has one, so that no session of a user leaves it,
 * else by session.
 */
export function inHoldout({ seed, share }: Holdout, { userKey, sessionId }: Subject): boolean {
  const unit = userKey ?? sessionId;
  return unit !== null && unit !== '' && bucketOf(seed, unit, 2) < share;
}

/** The share of the last step that has begun; 0 before the first. */
export function trafficAt(steps: readonly TrafficStep[], nowMs: number): number {
  return steps.findLast(({ fromMs }) => fromMs <= nowMs)?.share ?? 0;
}

function isTargeted({ countries, users }: Targeting, { country, isNew }: Subject): boolean {
  if (countries !== null && (country === null || !countries.includes(country))) return false;
  return users === 'all' || (isNew !== null && (users === 'new') === isNew);
}

function chosen({ arms }: Experiment, name: string): Assignment {
  return arms.some((arm) => arm.name === name) ? { arm: name, hashed: false } : leftOut('UNKNOWN_ARM');
}

function leftOut(reason: LeftOut): Assignment {
  return { arm: null, reason };
}
