/** An experiment splits the traffic between arms. Every function on it is pure: the time and the unit are arguments. */
export interface Experiment {
  readonly name: string;
  /** Identity that is hashed: all feeds of one user, or of one session, get the same arm. */
  readonly unit: 'user' | 'session';
  /** Salt of the hash. Another seed assigns all units again, independently of the earlier assignment. */
  readonly seed: string;
  readonly hashVersion: HashVersion;
  /** At least two; the first one is the control. */
  readonly arms: readonly ExperimentArm[];
  /** Steps in ascending order of `fromMs`. Before the first one, no unit is assigned. */
  readonly traffic: readonly TrafficStep[];
  /** Null lets the experiment overlap with all others. */
  readonly layer: LayerRange | null;
  readonly targeting: Targeting;
  /** First instant, and the instant after the last. Null means no limit. */
  readonly startMs: number | null;
  readonly endMs: number | null;
  /** The stop switch: a stopped experiment assigns no unit. */
  readonly stopped: boolean;
  /** Arm that every unit in the traffic gets, such as the winner; null assigns by the hash. */
  readonly forcedArm: string | null;
}

/** Version 2 has 10,000 buckets and no bias between experiments. Version 1 has 1,000 and exists for compatibility. */
export type HashVersion = 1 | 2;

export interface ExperimentArm {
  readonly name: string;
  /** Share of the assigned units, 0 to 1. The weights of an experiment sum to 1. */
  readonly weight: number;
}

/** From `fromMs` until the next step, the experiment takes this share of the units, 0 to 1. */
export interface TrafficStep {
  readonly fromMs: number;
  readonly share: number;
}

/**
 * The part [from, to) of a layer, within 0 to 1. Experiments with disjoint ranges of one layer never share a unit.
 * Experiments in different layers overlap independently.
 */
export interface LayerRange {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

export interface Targeting {
  /** ISO 3166-1 alpha-2 codes in upper case; null targets all countries and requests without one. */
  readonly countries: readonly string[] | null;
  readonly users: 'all' | 'new' | 'known';
}

/** The units that no experiment includes, so that the sum of all experiments can be measured against them. */
export interface Holdout {
  readonly seed: string;
  /** Share of the units, 0 to 1. */
  readonly share: number;
}

/** The arm of each experiment that a unit is in, by the name of the experiment. */
export type Arms = Readonly<Record<string, string>>;

export const NO_ARMS: Arms = {};

/** The text of some arms: JSON with sorted keys. Equal arms have equal texts. */
export function textOfArms(arms: Arms): string {
  return JSON.stringify(Object.fromEntries(Object.entries(arms).sort(([a], [b]) => (a < b ? -1 : 1))));
}
