import { mergeTrees } from '../config-values.js';
import { patchOfArm, pathsOfArm } from '../experiments.js';
import type { ExperimentConfig } from '../schema/experiment-schema.js';
import type { RankingConfig } from '../schema/ranking-schema.js';
import type { ConfigError } from './config-error.js';
import type { CrossFieldError } from './cross-field-rules.js';

/** Combinations of arms that users can have, besides none: each is validated at load, and cached while it is in use. */
export const MAX_COMBINATIONS = 256;

/** The sections that only the ranking of a feed reads, and their values that something else reads too. */
const PATCHABLE = ['v2', 'impressions', 'feed'];
const NOT_PATCHABLE = [
  'impressions.trackOnServe',
  'feed.profileTimeoutMs',
  'feed.keepMinutes',
  'feed.exploration.policy',
  'feed.exploration.rewardMinutes',
  'feed.exploration.halfLifeDays',
];

/** An arm that changes the config. */
interface Change {
  readonly experiment: ExperimentConfig;
  /** Path of its patch. */
  readonly path: string;
  readonly patch: Readonly<Record<string, unknown>>;
  readonly changed: readonly string[];
}

/**
 * Returns the errors of the patches of all arms, each of them alone and together with those that the same user can have.
 *
 * @param validate returns the errors of a merged config without experiments.
 */
export function experimentErrors(
  config: RankingConfig,
  validate: (merged: unknown) => readonly ConfigError[],
): CrossFieldError[] {
  if (config.experiments.length === 0) return [];
  const base = { ...config, experiments: [] };
  const errors: CrossFieldError[] = [];
  const changes: Change[] = [];
  config.experiments.forEach((experiment, index) => {
    experiment.arms.forEach((arm, place) => {
      const path = `experiments.${index}.arms.${place}.patch`;
      const forbidden = pathsOfArm({ ...arm, algorithm: undefined }).filter((key) => !isPatchable(key));
      errors.push(...forbidden.map((key) => ({ path: `${path}.${key}`, message: FORBIDDEN })));
      if (forbidden.length > 0) return;
      const change = { experiment, path, patch: patchOfArm(arm), changed: pathsOfArm(arm) };
      const own = validate(mergeTrees(base, change.patch));
      errors.push(...own.map((error) => errorIn(path, error)));
      if (own.length === 0 && change.changed.length > 0 && !experiment.stopped) changes.push(change);
    });
  });
  const conflicts = changes.flatMap((change, index) => conflictsOf(change, changes.slice(0, index)));
  // A combination of values that conflict has an error already.
  if (errors.length > 0 || conflicts.length > 0) return [...errors, ...conflicts];
  const combinations = combinationsOf(changes);
  if (combinations.length > MAX_COMBINATIONS) {
    return [
      {
        path: 'experiments',
        message: `must allow at most ${MAX_COMBINATIONS} combinations of arms for one user; put some experiments into disjoint parts of one layer`,
      },
    ];
  }
  return combinations.flatMap((combination) => {
    const last = combination.at(-1);
    if (last === undefined || combination.length < 2) return [];
    const merged = combination.reduce<unknown>((tree, { patch }) => mergeTrees(tree, patch), base);
    const others = combination.slice(0, -1).map(({ experiment }) => experiment.name);
    return validate(merged).map((error) => {
      const { path, message, comparedWith } = errorIn(last.path, error);
      return {
        path,
        comparedWith,
        message: `${message}, for users who also have an arm of ${others.join(' and ')}; put these experiments into disjoint parts of one layer`,
      };
    });
  });
}

const FORBIDDEN =
  'must not be part of a patch: an arm changes only values of v2, impressions and feed that rankings read';

function isPatchable(path: string): boolean {
  const [section = ''] = path.split('.');
  return PATCHABLE.includes(section) && !NOT_PATCHABLE.includes(path) && path !== section;
}

/** `comparedWith` has the path in the config itself, whose own error may be the cause. */
function errorIn(path: string, error: ConfigError): CrossFieldError & { comparedWith: string[] } {
  return { path: `${path}.${error.path}`, message: error.message, comparedWith: [error.path] };
}

function conflictsOf(change: Change, earlier: readonly Change[]): CrossFieldError[] {
  return change.changed.flatMap((key) => {
    const other = earlier.find(({ experiment, changed }) => {
      const isSame = changed.some(
        (own) => own === key || own.startsWith(`${key}.`) || key.startsWith(`${own}.`),
      );
      return isSame && experiment !== change.experiment && canOverlap(experiment, change.experiment);
    });
    if (other === undefined) return [];
    return [
      {
        path: `${change.path}.${key}`,
        message: `is also changed by the experiment ${other.experiment.name}, and a user can be in both; put them into disjoint parts of one layer`,
      },
    ];
  });
}

/** Whether one user can be in both. */
function canOverlap(one: ExperimentConfig, other: ExperimentConfig): boolean {
  if (endsBefore(one, other) || endsBefore(other, one)) return false;
  const [a, b] = [one.layer, other.layer];
  if (a === undefined || b === undefined || a.name !== b.name) return true;
  return a.from < b.to && b.from < a.to;
}

function endsBefore({ end }: ExperimentConfig, { start }: ExperimentConfig): boolean {
  return end !== undefined && start !== undefined && Date.parse(end) <= Date.parse(start);
}

/** All sets of changes that one user can have; ends soon after {@link MAX_COMBINATIONS}. */
function combinationsOf(changes: readonly Change[]): Change[][] {
  let combinations: Change[][] = [[]];
  for (const change of changes) {
    const extended = combinations
      .filter((chosen) =>
        chosen.every(
          ({ experiment }) => experiment !== change.experiment && canOverlap(experiment, change.experiment),
        ),
      )
      .map((chosen) => [...chosen, change]);
    combinations = [...combinations, ...extended];
    if (combinations.length > MAX_COMBINATIONS + 1) break;
  }
  return combinations.slice(1);
}
