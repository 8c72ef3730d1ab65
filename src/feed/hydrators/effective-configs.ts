import { LRUCache } from 'lru-cache';
import { configVersion } from '../../config/config-values.js';
import {
  changingArms,
  configOfArms,
  experimentsOf,
  hasArmOfV1,
  holdoutOf,
} from '../../config/experiments.js';
import type { LoadedConfig } from '../../config/live-config.js';
import type { RankingConfig } from '../../config/schema/ranking-schema.js';
import { MAX_COMBINATIONS } from '../../config/validation/experiment-rules.js';
import { textOfArms, type Arms, type Experiment, type Holdout } from '../../domain/experiment.js';
import { assign, type Subject } from '../../experiments/assignment/assign.js';

/** The config of a request, and its version: a hash of the values. */
export interface EffectiveConfig {
  readonly config: RankingConfig;
  readonly version: string;
}

/** The experiments of one config, and the config under each combination of their arms. */
export class EffectiveConfigs {
  /** Whether a request may need the part of a profile that only algorithm v1 reads. */
  readonly mayUseV1: boolean;
  readonly #experiments: ReadonlyMap<string, Experiment>;
  readonly #holdout: Holdout | null;
  /** One object for each combination, because rankings share values by the identity of their config. */
  readonly #configs = new LRUCache<string, EffectiveConfig>({ max: MAX_COMBINATIONS });

  constructor(private readonly base: LoadedConfig) {
    this.#experiments = new Map(
      experimentsOf(base.config).map((experiment) => [experiment.name, experiment]),
    );
    this.#holdout = holdoutOf(base.config);
    this.mayUseV1 = hasArmOfV1(base.config);
  }

  /** Returns the arms of a subject; undefined if no experiment includes it. */
  assign(subject: Subject, nowMs: number): Arms | undefined {
    const arms: Record<string, string> = {};
    let isAssigned = false;
    for (const experiment of this.#experiments.values()) {
      const { arm } = assign(experiment, subject, { nowMs, holdout: this.#holdout });
      if (arm === null) continue;
      arms[experiment.name] = arm;
      isAssigned = true;
    }
    return isAssigned ? arms : undefined;
  }

  /** Returns the config of some arms: that of the file if they change nothing. */
  of(arms: Arms): EffectiveConfig {
    const changing = changingArms(this.base.config, arms);
    const key = textOfArms(changing);
    if (key === '{}') return this.base;
    let effective = this.#configs.get(key);
    if (effective === undefined) {
      const config = configOfArms(this.base.config, changing);
      effective = { config, version: configVersion(config) };
      this.#configs.set(key, effective);
    }
    return effective;
  }

  /** The names of the arms of an experiment, the control first; none of an experiment that the config does not have. */
  armsOf(experiment: string): string[] {
    return this.#experiments.get(experiment)?.arms.map(({ name }) => name) ?? [];
  }
}

/** Returns the experiments of the config in use, and null if it has none. */
export function liveExperiments(config: () => LoadedConfig): (base: LoadedConfig) => EffectiveConfigs | null {
  let last: { readonly base: LoadedConfig; readonly experiments: EffectiveConfigs } | undefined;
  return (base) => {
    if (base.config.experiments.length === 0) return null;
    if (last?.base === base) return last.experiments;
    const experiments = new EffectiveConfigs(base);
    // A request that began before a reload does not replace what the others use.
    if (config() === base) last = { base, experiments };
    return experiments;
  };
}
