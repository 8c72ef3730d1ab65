import type { RankingConfig } from '../config/schema/ranking-schema.js';
import type { CollaborativeMethod } from '../domain/collaborative.js';
import type { Logger } from '../lib/logger.js';
import {
  DEFAULT_MODEL,
  weightsUnder,
  type LearnedWeights,
  type RankingModel,
} from '../scoring/v2/ranking-model.js';
import { NO_SIGNALS, type SiteSignals } from '../scoring/v2/site-signals.js';
import type { ModelRepository, StoredModel } from '../storage/models/model-repository.js';
import type {
  CollaborativeVersions,
  LoadedCollaborativeModel,
} from './collaborative/collaborative-versions.js';
import { NO_EXPLORATION, type ExplorationEvidence } from '../scoring/exploration/arms.js';
import { unpackEvidence } from './exploration-codec.js';
import { toLearnedWeights } from './learning-features.js';
import { unpackSignals } from './signals-codec.js';
import { fromStoredState } from './stored-state.js';

interface Published {
  readonly model: StoredModel;
  readonly signals: SiteSignals;
  readonly exploration: ExplorationEvidence;
}

/** The ranking model in memory, as it was last published. */
export class ModelService {
  #latest: Published | null = null;
  #pinned: StoredModel | null = null;
  #collaborative: LoadedCollaborativeModel | null = null;
  #current: { readonly of: unknown[]; readonly model: RankingModel } | undefined;

  constructor(
    private readonly deps: {
      readonly models: Pick<ModelRepository, 'latestVersion' | 'latest' | 'find'>;
      readonly collaborative: Pick<CollaborativeVersions, 'latest'>;
      readonly config: () => RankingConfig;
      /** False: the configured weights apply, whatever was learned. */
      readonly modelsEnabled: boolean;
      readonly logger: Logger;
    },
  ) {}

  /** The model for the next feed. The same object until the model, or its use by the config, changes. */
  get current(): RankingModel {
    const config = this.deps.config();
    const of = [this.#latest, this.#pinned, this.#collaborative, config];
    if (this.#current === undefined || of.some((input, index) => input !== this.#current?.of[index]))
      this.#current = { of, model: this.#modelUnder(config) };
    return this.#current.model;
  }

  /** Loads the latest and the pinned version, if they are others than those in memory, and the collaborative model. */
  async load(): Promise<void> {
    await this.#loadPinned();
    await this.#loadLatest();
    // Last: the learned weights decide whether a collaborative model is needed.
    const method = this.#collaborativeMethod(this.deps.config());
    const { collaborative, logger } = this.deps;
    const loaded = method === null ? null : await collaborative.latest(method);
    if (loaded !== null && loaded.version !== this.#collaborative?.version)
      logger.debug({ version: loaded.version, method }, 'collaborative model loaded');
    this.#collaborative = loaded;
  }

  async #loadLatest(): Promise<void> {
    const { models, logger } = this.deps;
    const version = await models.latestVersion();
    if (version === null || version === this.#latest?.model.version) return;
    const latest = await models.latest();
    if (latest === null) return;
    const { signals: packed, exploration: packedEvidence, ...model } = latest;
    const signals = packed === null ? null : await unpackSignals(packed);
    const stored = packedEvidence === null ? null : await unpackEvidence(packedEvidence);
    this.#latest = {
      model,
      signals: signals?.view() ?? NO_SIGNALS,
      exploration: stored?.evidence ?? NO_EXPLORATION,
    };
    logger.debug({ version: model.version }, 'ranking model loaded');
  }

  async #loadPinned(): Promise<void> {
    const { pin } = this.deps.config().learning;
    if (pin === null || pin === this.#pinned?.version) return;
    this.#pinned = await this.deps.models.find(pin);
    if (this.#pinned === null)
      this.deps.logger.warn({ version: pin }, 'pinned ranking model not found; the configured weights apply');
  }

  #modelUnder(config: RankingConfig): RankingModel {
    const model = this.#withoutCollaborative(config);
    const loaded = this.#collaborative;
    // The config may have changed since the model was loaded.
    if (loaded === null || loaded.method !== this.#collaborativeMethod(config)) return model;
    return {
      ...model,
      version: `${model.version}-cf-${loaded.version}`,
      signals: { ...model.signals, collaborative: loaded.model },
    };
  }

  /** The method of the collaborative model; null if feeds do not read one. */
  #collaborativeMethod(config: RankingConfig): CollaborativeMethod | null {
    const { method } = config.learning.collaborative;
    if (method === 'off' || !this.deps.modelsEnabled) return null;
    const { collaborative } = weightsUnder(this.#withoutCollaborative(config), config.v2.weights);
    return collaborative > 0 ? method : null;
  }

  #withoutCollaborative(config: RankingConfig): RankingModel {
    const { mode, pin } = config.learning;
    const latest = this.#latest;
    const counts = {
      signals: latest?.signals ?? NO_SIGNALS,
      exploration: latest?.exploration ?? NO_EXPLORATION,
    };
    const base = latest === null ? DEFAULT_MODEL.version : String(latest.model.version);
    if (mode === 'off' || !this.deps.modelsEnabled)
      return { version: `${base}-off`, learned: null, ...counts };
    if (pin !== null) {
      const pinned = this.#pinned?.version === pin ? this.#pinned : null;
      return { version: `${base}-pin-${pin}`, learned: learnedOf(pinned, config), ...counts };
    }
    return { version: base, learned: learnedOf(latest?.model ?? null, config), ...counts };
  }
}

/** The weights of a model if they are trusted. */
function learnedOf(model: StoredModel | null, { v2 }: RankingConfig): LearnedWeights | null {
  if (model === null) return null;
  const { weights, trust } = fromStoredState(model.state, v2.weights);
  return trust.isTrusted ? toLearnedWeights(weights) : null;
}
