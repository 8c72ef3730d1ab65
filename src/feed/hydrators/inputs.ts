import type { Catalog } from '../../catalog/catalog.js';
import type { LoadedConfig } from '../../config/live-config.js';
import type { Clock } from '../../lib/clock.js';
import { NO_ARMS } from '../../domain/experiment.js';
import { takeTurn } from '../../lib/event-loop.js';
import type { AliasUse, UserRegister } from '../../privacy/user-register.js';
import type { RankingModel } from '../../scoring/v2/ranking-model.js';
import type { TrendService } from '../../trends/trend-service.js';
import type { SharedInputs } from '../current-feeds.js';
import { staleTrends, type DegradedReason } from '../degraded.js';
import { PIPELINES } from '../pipeline.js';
import type { RankingInputs, RankingRequest } from '../ranking-inputs.js';
import { rankingTime } from '../ranking-time.js';
import { chooseAlgorithm } from '../rollout.js';
import { liveExperiments, type EffectiveConfigs } from './effective-configs.js';
import type { Hydrator } from './hydrator.js';
import { pastMarkets } from './past-markets.js';

/** The user whose data a ranking may use; null: none. */
export interface Subject {
  readonly userKey: string | null;
  /** Whether it is null because this replica does not know the choices of the user now. */
  readonly isUnknown: boolean;
}

/** The inputs of a ranking, and those that could not be read in time or are old. */
export interface HydratedInputs {
  readonly inputs: RankingInputs;
  readonly degradedReasons: DegradedReason[];
  /** Those of the inputs that all users share, with the version of the config before the arms of the request change it. */
  readonly shared: SharedInputs;
}

/** Collects the inputs of rankings: the profile of the user, and what all users share. */
export class InputsHydrator {
  readonly #experimentsOf: (base: LoadedConfig) => EffectiveConfigs | null;

  constructor(
    private readonly deps: {
      readonly catalog: Pick<Catalog, 'snapshot' | 'pastMarket'>;
      readonly trends: Pick<TrendService, 'state'>;
      readonly models: { readonly current: RankingModel };
      readonly hydrator: Pick<Hydrator, 'profile' | 'cachedVersion'>;
      readonly users: Pick<UserRegister, 'treatmentOf' | 'isActive'>;
      readonly config: () => LoadedConfig;
      /** False: rankings do not depend on the user, whatever the config says. */
      readonly personalizationEnabled: boolean;
      readonly clock: Clock;
    },
  ) {
    this.#experimentsOf = liveExperiments(deps.config);
  }

  /**
   * Returns the user whose data a ranking may use: null for an anonymous user, for one who opted out or was erased, and for an
   * ignored alias.
   */
  async subjectOf(userKey: string | null, aliases: AliasUse): Promise<Subject> {
    if (userKey === null || this.deps.users.isActive(userKey)) return { userKey, isUnknown: false };
    const treatment = await this.deps.users.treatmentOf(userKey, aliases);
    return {
      userKey: treatment.kind === 'ACTIVE' ? treatment.userKey : null,
      isUnknown: treatment.kind === 'UNKNOWN',
    };
  }

  /** Returns the inputs of the ranking that a request asks for. */
  async forRequest(request: RankingRequest, aliases: AliasUse): Promise<HydratedInputs> {
    return this.forSubject(await this.subjectOf(request.userKey, aliases), request);
  }

  /** Returns the same for a subject in place of the user of the request. */
  async forSubject(
    { userKey, isUnknown }: Subject,
    { country: requestedCountry, algorithm, limit, arms }: Omit<RankingRequest, 'userKey'>,
  ): Promise<HydratedInputs> {
    const { catalog, hydrator, personalizationEnabled } = this.deps;
    const base = this.deps.config();
    const experiments =
      algorithm === null || (arms !== undefined && arms !== NO_ARMS) ? this.#experimentsOf(base) : null;
    const withoutArms = PIPELINES[chooseAlgorithm(base.config.ranking, userKey, algorithm).algorithm];
    // Users in the holdout keep their hidden markets.
    const reading = this.#hasProfile(userKey)
      ? await hydrator.profile(
          userKey,
          experiments?.mayUseV1 === true ? PIPELINES.v1.hydrate : withoutArms.hydrate,
        )
      : null;
    const profile = reading === null || reading.failed ? null : reading.value;
    await takeTurn();
    // The config as of the start, which chose the part of the profile. All algorithms have the same source.
    const shared = { ...this.#shared(withoutArms.source.candidates(catalog)), configVersion: base.version };
    const country = requestedCountry ?? profile?.country ?? null;
    const assigned =
      experiments === null
        ? undefined
        : (arms ??
          experiments.assign(
            {
              ...{ userKey, sessionId: null, country },
              isNew: profile === null ? null : profile.totalInteractions === 0,
            },
            shared.nowMs,
          ));
    const { config, version: configVersion } =
      experiments === null || assigned === undefined ? base : experiments.of(assigned);
    const choice = chooseAlgorithm(config.ranking, userKey, algorithm);
    const missing: DegradedReason[] = isUnknown || reading?.failed === true ? ['PROFILE_UNAVAILABLE'] : [];
    return {
      inputs: {
        ...{ ...shared, config, configVersion },
        ...{ userKey, country, profile, limit, algorithm: choice.algorithm },
        ...(assigned === undefined ? {} : { assigned: { arms: assigned, seedVersion: base.version } }),
        personal: choice.personal && personalizationEnabled,
        past: pastMarkets(profile, shared.snapshot, catalog.pastMarket),
      },
      degradedReasons: [...missing, ...staleTrends(shared.nowMs, shared.trends.computedAtMs)],
      shared,
    };
  }

  /**
   * Returns the inputs of the same ranking under each other arm of an experiment. Empty if it is not in the config any more.
   * Meanwhile the config may have changed, and then there are none either.
   */
  otherArms(inputs: RankingInputs, experiment: string): RankingInputs[] {
    const { assigned, userKey } = inputs;
    const base = this.deps.config();
    const experiments = this.#experimentsOf(base);
    if (experiments === null || assigned?.seedVersion !== base.version) return [];
    return experiments.armsOf(experiment).flatMap((arm): RankingInputs[] => {
      if (arm === assigned.arms[experiment]) return [];
      const arms = { ...assigned.arms, [experiment]: arm };
      const { config, version: configVersion } = experiments.of(arms);
      const { algorithm, personal } = chooseAlgorithm(config.ranking, userKey, null);
      return [
        {
          ...{ ...inputs, config, configVersion, algorithm },
          ...{ personal: personal && this.deps.personalizationEnabled, assigned: { ...assigned, arms } },
        },
      ];
    });
  }

  /** Returns the present inputs that all users share. */
  get shared(): SharedInputs {
    return this.#shared(this.deps.catalog.snapshot);
  }

  /** Returns the version of the profile that a ranking would use: null without one, undefined if it is not cached. */
  cachedVersion(userKey: string | null): number | null | undefined {
    return this.#hasProfile(userKey) ? this.deps.hydrator.cachedVersion(userKey) : null;
  }

  #shared(snapshot: RankingInputs['snapshot']): SharedInputs {
    const { trends, models, config, clock } = this.deps;
    return {
      nowMs: rankingTime(clock(), snapshot),
      ...{ snapshot, trends: trends.state, model: models.current, configVersion: config().version },
    };
  }

  /** Whether a ranking reads a profile: none if the config or the environment turns personalization off. */
  #hasProfile(userKey: string | null): userKey is string {
    const { config, personalizationEnabled } = this.deps;
    return userKey !== null && config().config.ranking.personalization && personalizationEnabled;
  }
}
