import { z } from 'zod';
import { BellwetherError } from '../lib/errors.js';
import { checkInput } from '../lib/input/check-input.js';
import { countOrDefault } from '../lib/input/page-size.js';
import type { RankingConfig } from '../config/schema/ranking-schema.js';
import type { ModelRepository, StoredModel } from '../storage/models/model-repository.js';
import { defaultWeights, INPUTS, toScoreWeights, type InputName } from './learning-features.js';
import { fromStoredState } from './stored-state.js';
import { meanGain } from './trust.js';

/** A version of the ranking model, for staff. */
export interface ModelStatus {
  readonly version: number;
  readonly publishedAt: Date;
  /** Choices that the learner has seen. */
  readonly choices: number;
  /** Whether feeds use the learned weights; else they use the default ones. */
  readonly trusted: boolean;
  /** Mean gain over the default weights per choice, in √p, and its standard error; the error is null without choices. */
  readonly gain: number;
  readonly gainError: number | null;
  readonly weights: readonly ModelWeight[];
}

export interface ModelWeight {
  /** `v2`, or a score component. */
  readonly name: InputName;
  /** On the scale of the score. */
  readonly learned: number;
  /** By the config: 1 for `v2`. */
  readonly byDefault: number;
}

const listRequest = z.object({ limit: countOrDefault });

/** Lists the versions of the ranking model. */
export class ModelList {
  constructor(
    private readonly deps: {
      readonly models: Pick<ModelRepository, 'list' | 'find'>;
      readonly config: () => RankingConfig;
    },
  ) {}

  /**
   * Returns the latest versions, latest first.
   *
   * @throws {BellwetherError} BAD_USER_INPUT naming the field.
   */
  async list(input: unknown): Promise<ModelStatus[]> {
    const { limit } = checkInput(listRequest, input);
    const models = await this.deps.models.list(limit);
    return models.map((model) => this.#statusOf(model));
  }

  /** @throws {BellwetherError} NOT_FOUND for a version that is not stored. */
  async of(version: number): Promise<ModelStatus> {
    const model = await this.deps.models.find(version);
    if (model === null) {
      throw BellwetherError.notFound(
        'version',
        `Version ${version} of the model is not stored. "bellwether model list" shows the versions.`,
      );
    }
    return this.#statusOf(model);
  }

  #statusOf({ version, publishedAt, state }: StoredModel): ModelStatus {
    const configured = this.deps.config().v2.weights;
    const { weights, trust } = fromStoredState(state, configured);
    const learned = toScoreWeights(weights);
    const byDefault = toScoreWeights(defaultWeights(configured));
    const { mean, error } = meanGain(trust, 'overDefault');
    return {
      ...{ version, publishedAt, choices: trust.choices, trusted: trust.isTrusted },
      ...{ gain: mean, gainError: Number.isFinite(error) ? error : null },
      weights: INPUTS.map((name, index) => ({
        ...{ name, learned: learned[index] as number, byDefault: byDefault[index] as number },
      })),
    };
  }
}
