import type { CatalogEntry } from '../../../catalog/catalog-snapshot.js';
import type { ExplorationConfig } from '../../../config/schema/feed-schema.js';
import type { RankingConfig } from '../../../config/schema/ranking-schema.js';
import { linearContext, type LinearContext } from '../../../scoring/exploration/linear-features.js';
import type { UserFeatures } from '../../../scoring/v2/features.js';
import type { RankingModel } from '../../../scoring/v2/ranking-model.js';
import { explore } from '../exploration.js';
import type { Exploration, RankingTick } from '../ranking-tick.js';
import { armColumns, meanValues, optimisticValues, ucb1Values, type ArmColumns } from './arm-columns.js';
import { BetaDraws } from './beta-draws.js';
import { exploreByDraws, type ValueDraws } from './draws.js';
import { exploreGreedily } from './greedy.js';
import { linearColumns, LinearPolicy, type LinearArms } from './linear-policy.js';
import type { Sampler } from './sampler.js';

/** The request that a sampler is for. */
export interface SamplerRequest {
  readonly config: RankingConfig;
  readonly model: RankingModel;
  /** Null: the ranking does not depend on the user. */
  readonly user: Pick<UserFeatures, 'topics'> | null;
  readonly country: string | null;
  readonly nowMs: number;
}

/** The samplers of the policies of the slot EXPLORATION. */
export class ExplorationPolicies {
  readonly #ofModels = new WeakMap<RankingModel, WeakMap<ExplorationConfig, ModelPolicies>>();
  readonly #ofTicks = new WeakMap<Exploration, TickArms>();

  /** Returns the sampler of the configured policy. */
  samplerFor(request: SamplerRequest, tick: RankingTick, entries: readonly CatalogEntry[]): Sampler {
    const { exploration } = tick;
    const { policy } = request.config.feed.exploration;
    if (policy === 'weighted') return (pool, picks, rng) => explore(pool, exploration.weight, picks, rng);
    const ofModel = this.#policiesOf(request);
    let arms = this.#ofTicks.get(exploration);
    if (arms === undefined)
      this.#ofTicks.set(exploration, (arms = new TickArms(request, tick, entries, ofModel)));
    return samplerOf(policy, request, arms, ofModel);
  }

  #policiesOf({ model, config }: SamplerRequest): ModelPolicies {
    const { exploration } = config.feed;
    let ofModel = this.#ofModels.get(model);
    if (ofModel === undefined) this.#ofModels.set(model, (ofModel = new WeakMap()));
    let policies = ofModel.get(exploration);
    if (policies === undefined) ofModel.set(exploration, (policies = new ModelPolicies(model, exploration)));
    return policies;
  }
}

function samplerOf(
  policy: Exclude<ExplorationConfig['policy'], 'weighted'>,
  request: SamplerRequest,
  arms: TickArms,
  { linear }: ModelPolicies,
): Sampler {
  const { epsilon } = request.config.feed.exploration;
  const greedy =
    (valuesOf: (pool: Int32Array) => Float64Array): Sampler =>
    (pool, picks, rng) =>
      exploreGreedily(pool, valuesOf(pool), epsilon, picks, rng);
  switch (policy) {
    case 'epsilonGreedy':
      return greedy(() => arms.mean);
    case 'ucb1':
      return greedy(() => arms.ucb1);
    case 'linUcb':
      return greedy((pool) => linear.upperValues(pool, arms.linear, contextOf(request), 1));
    case 'thompson':
      return (pool, picks, rng) => exploreByDraws(pool, arms.thompson, picks, rng);
    case 'linThompson':
      return (pool, picks, rng) =>
        exploreByDraws(pool, linear.draws(pool, arms.linear, contextOf(request)), picks, rng);
  }
}

function contextOf({ user, country, nowMs }: SamplerRequest): LinearContext {
  return linearContext(user?.topics ?? [], country, nowMs);
}

/** The parts of policies that depend on the model and the config only. */
class ModelPolicies {
  #linear: LinearPolicy | undefined;
  #beta: BetaDraws | undefined;

  constructor(
    private readonly model: RankingModel,
    private readonly config: ExplorationConfig,
  ) {}

  get linear(): LinearPolicy {
    return (this.#linear ??= new LinearPolicy(this.model, this.config));
  }

  get beta(): BetaDraws {
    return (this.#beta ??= new BetaDraws(this.model, this.config));
  }
}

/** The parts that all requests of a tick share. Each is computed when a request first needs it. */
class TickArms {
  readonly #rows: Int32Array;
  readonly #config: ExplorationConfig;
  readonly #arms: ArmColumns;
  #mean: Float64Array | undefined;
  #ucb1: Float64Array | undefined;
  #thompson: ValueDraws | undefined;
  #linear: LinearArms | undefined;

  constructor(
    private readonly request: Pick<SamplerRequest, 'config' | 'model'>,
    private readonly tick: RankingTick,
    private readonly entries: readonly CatalogEntry[],
    private readonly policies: ModelPolicies,
  ) {
    const { config, model } = request;
    this.#rows = tick.exploration.rows;
    this.#config = config.feed.exploration;
    this.#arms = armColumns(this.#rows, tick.columns, model, this.#config, tick.minuteMs);
  }

  get mean(): Float64Array {
    return (this.#mean ??= meanValues(this.#rows, this.#arms));
  }

  get ucb1(): Float64Array {
    const { impressions } = this.request.model.exploration;
    return (this.#ucb1 ??= ucb1Values(this.#rows, this.#arms, impressions, this.#config));
  }

  get thompson(): ValueDraws {
    return (this.#thompson ??= this.#betaDraws());
  }

  get linear(): LinearArms {
    const { columns, minuteMs } = this.tick;
    return (this.#linear ??= {
      ...this.#arms,
      linear: linearColumns(this.#rows, columns, this.entries, this.#arms, this.#config, minuteMs),
    });
  }

  #betaDraws(): ValueDraws {
    const { life, tie } = this.#arms;
    const { ids } = this.tick.columns;
    const { beta } = this.policies;
    return {
      count: this.#config.draws,
      optimistic: { key: optimisticValues(this.#rows, this.#arms, this.#config), volumeTotal: tie },
      of: (rows) => {
        const rates = Array.from(rows, (row) => beta.of(ids[row] as string));
        return (draw, into) => {
          for (const [i, row] of rows.entries())
            into[i] = ((rates[i] as Float64Array)[draw] as number) * (life[row] as number);
        };
      },
    };
  }
}
