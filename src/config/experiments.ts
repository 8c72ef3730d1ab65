import type { Arms, Experiment, Holdout } from '../domain/experiment.js';
import { isTree, mergeTrees } from './config-values.js';
import type { ExperimentConfig } from './schema/experiment-schema.js';
import { rankingSchema, type RankingConfig } from './schema/ranking-schema.js';

/** The experiments of a config, for the assignment. */
export function experimentsOf({ experiments }: Pick<RankingConfig, 'experiments'>): Experiment[] {
  return experiments.map(toExperiment);
}

/** The holdout of all experiments; null for none. */
export function holdoutOf({ experimentHoldout }: Pick<RankingConfig, 'experimentHoldout'>): Holdout | null {
  return experimentHoldout.share === 0 ? null : experimentHoldout;
}

function toExperiment(config: ExperimentConfig): Experiment {
  const { name, unit, seed, hashVersion, layer, traffic, arms, targeting, start, end, stopped } = config;
  return {
    ...{ name, unit, seed: seed ?? name, hashVersion, stopped, layer: layer ?? null, forcedArm: null },
    arms: arms.map((arm) => ({ name: arm.name, weight: arm.weight })),
    traffic: traffic.map(({ from, share }) => ({
      share,
      fromMs: from === undefined ? -Infinity : Date.parse(from),
    })),
    targeting: { countries: targeting.countries ?? null, users: targeting.users },
    startMs: start === undefined ? null : Date.parse(start),
    endMs: end === undefined ? null : Date.parse(end),
  };
}

/** Names of the arms of some that change a value of the config, by experiment and in its order. */
export function changingArms({ experiments }: Pick<RankingConfig, 'experiments'>, arms: Arms): Arms {
  const changing = experiments.flatMap(({ name, arms: own }) => {
    const arm = own.find((each) => each.name === arms[name]);
    return arm === undefined || Object.keys(patchOfArm(arm)).length === 0 ? [] : [[name, arm.name] as const];
  });
  return Object.fromEntries(changing);
}

/**
 * Returns the config of users with some arms: the config with the patches of the arms, and without experiments. Arms that the
 * config does not have change nothing.
 */
export function configOfArms(config: RankingConfig, arms: Arms): RankingConfig {
  const merged = config.experiments.reduce<unknown>(
    (tree, { name, arms: own }) => {
      const arm = own.find((each) => each.name === arms[name]);
      return arm === undefined ? tree : mergeTrees(tree, patchOfArm(arm));
    },
    { ...config, experiments: [] },
  );
  return rankingSchema.parse(merged);
}

/** Whether an arm may use algorithm v1. */
export function hasArmOfV1({ experiments }: Pick<RankingConfig, 'experiments'>): boolean {
  return experiments.some(({ arms }) => arms.some(({ algorithm }) => algorithm === 'v1'));
}

/** The patch of an arm, with its algorithm as values of `ranking`. */
export function patchOfArm({ algorithm, patch }: ExperimentConfig['arms'][number]): Record<string, unknown> {
  if (algorithm === undefined) return patch;
  const ranking = algorithm === 'global' ? { rollout: 0, others: 'global' } : { rollout: 100, algorithm };
  return { ...patch, ranking };
}

/** The paths of the values that an arm changes; a list is one value. */
export function pathsOfArm(arm: ExperimentConfig['arms'][number]): string[] {
  return leavesOf(patchOfArm(arm), '');
}

function leavesOf(value: unknown, path: string): string[] {
  if (!isTree(value)) return [path];
  return Object.entries(value).flatMap(([key, inner]) =>
    leavesOf(inner, path === '' ? key : `${path}.${key}`),
  );
}
