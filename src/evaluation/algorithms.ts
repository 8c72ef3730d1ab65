import { createHash } from 'node:crypto';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { CatalogEntry } from '../catalog/catalog-snapshot.js';
import { toPastMarket } from '../catalog/columns/market-terms.js';
import type { RankingConfig } from '../config/schema/ranking-schema.js';
import { finalScorerV1 } from '../scoring/v1/scorer.js';
import { ScorerV2 } from '../scoring/v2/scorer.js';
import type { TrendState } from '../trends/trend-state.js';
import type { DecayConfig } from '../domain/decay.js';
import { ChoiceInputs, type ChoiceContext } from '../learning/choice-inputs.js';
import type { EventType } from '../domain/event.js';
import { Learner, rejectionOf } from '../learning/learner.js';
import type { WeightsV2 } from '../scoring/v2/components.js';
import { COLLABORATIVE_ENGAGEMENTS } from '../scoring/v2/components/collaborative.js';
import type { PastLookup } from '../scoring/v2/features.js';
import { LEARNED_COMPONENTS, weightsUnder } from '../scoring/v2/ranking-model.js';
import type { SiteSignals } from '../scoring/v2/site-signals.js';
import { PUBLISH_EVERY_MS } from '../learning/publish-interval.js';
import type { CollaborativeMethod } from '../domain/collaborative.js';
import type { CollaborativeModel } from '../scoring/v2/collaborative-model.js';
import type { Archive } from './archive.js';
import { CandidateColumns } from './candidate-columns.js';
import { floorTo } from './past-trends.js';
import { decayConfig } from '../profiles/profile-decay.js';
import type { FullProfile } from '../domain/profile.js';
import { userFeaturesV1, userFeaturesV2 } from '../profiles/user-features.js';

/** The data known right before an interaction. Markets are identified by their number in the archive. */
export interface Moment {
  readonly nowMs: number;
  /** The open markets, ascending; the same array while the same markets are open. */
  readonly candidates: readonly number[];
  /** By market number, with the odds known so far. It includes markets not yet created, which are no candidates. */
  readonly entries: readonly CatalogEntry[];
  /** Increases whenever a price of a market becomes known. */
  readonly priceVersion: number;
  readonly profile: FullProfile;
  /** ISO 3166-1 alpha-2. */
  readonly country: string | null;
  readonly trends: TrendState;
  readonly signals: SiteSignals;
  /** Returns the collaborative model as of now, trained by the method; null without engagements. */
  readonly collaborative: (method: CollaborativeMethod) => CollaborativeModel | null;
  /** Whether the user has any event on a market except impressions, by market number. */
  readonly hasTouched: (market: number) => boolean;
  /** Distinct users who engaged with each market in the last seven days, by market number. */
  readonly recentUsers: Int32Array;
}

/** A ranking that may learn from choices. */
export interface Algorithm {
  /** Writes the score of each candidate, in their order; higher is better. */
  readonly score: (moment: Moment, scores: Float64Array) => void;
  /** Learns from the first positive interaction of a user with a market, after it was ranked, and from negative ones before. */
  readonly learn?: (reaction: PastReaction) => void;
}

/** An interaction of a user with a market that the user did not know. */
export interface PastReaction {
  /** The data known right before. */
  readonly moment: Moment;
  /** The number of the market, a candidate. */
  readonly market: number;
  readonly eventType: EventType;
  readonly isPositive: boolean;
}

export const ALGORITHM_NAMES = [
  'random',
  'popularity',
  'recency',
  'v1',
  'v2',
  'defaults',
  'learned',
  'cf',
] as const;

export type AlgorithmName = (typeof ALGORITHM_NAMES)[number];

/**
 * Creates algorithms for one replay of an archive.
 *
 * @param seed of the random ranking, and of the markets that the learner draws.
 */
export function createAlgorithms(
  names: readonly AlgorithmName[],
  archive: Archive,
  config: RankingConfig,
  seed: number,
): Algorithm[] {
  const gateway = new PastGateway(archive, config);
  const create: Record<AlgorithmName, () => Algorithm> = {
    random: () => randomAlgorithm(seed),
    popularity: () => ({ score: popularityAlgorithm }),
    recency: () => ({ score: recencyAlgorithm }),
    v1: () => ({ score: algorithmV1 }),
    v2: () => ({ score: gateway.scorer(withoutFeatures(config.v2.weights)) }),
    defaults: () => ({ score: gateway.scorer(config.v2.weights) }),
    learned: () => learnedAlgorithm(gateway, config, seed),
    cf: () => ({ score: collaborativeAlgorithm(archive, config) }),
  };
  return names.map((name) => create[name]());
}

type Score = Algorithm['score'];

/** A random ranking, the baseline for all others. It depends only on the seed, the user and the instant. */
function randomAlgorithm(seed: number): Algorithm {
  return {
    score: ({ candidates, profile, nowMs }, scores) => {
      const identity = JSON.stringify([seed, profile.userKey, nowMs]);
      const rng = xoroshiro128plus(createHash('sha256').update(identity).digest().readInt32LE(0));
      for (let index = 0; index < candidates.length; index += 1) scores[index] = uniformFloat64(rng);
    },
  };
}

/** Most distinct users of the last seven days first. */
const popularityAlgorithm: Score = ({ candidates, recentUsers }, scores) => {
  for (const [index, number] of candidates.entries()) scores[index] = recentUsers[number] ?? 0;
};

/** Newest first. */
const recencyAlgorithm: Score = ({ candidates, entries }, scores) => {
  for (const [index, number] of candidates.entries()) {
    scores[index] = entries[number]?.scoring.createdAtMs ?? -Infinity;
  }
};

/**
 * The preferences of collaborative filtering alone, by the method of the config; `graph` if that is off. Markets without a
 * preference are ordered by the tie-break, which is popularity.
 */
function collaborativeAlgorithm(archive: Archive, config: RankingConfig): Score {
  const { method } = config.learning.collaborative;
  const ids = archive.markets.map(({ market }) => market.id);
  const decay = decayConfig(config);
  return ({ candidates, profile, nowMs, collaborative }, scores) => {
    const model = collaborative(method === 'off' ? 'graph' : method);
    const engagements = userFeaturesV2(profile, nowMs, decay)?.engagements ?? [];
    const latest = engagements.slice(0, COLLABORATIVE_ENGAGEMENTS);
    const user = model?.foldIn(latest.flatMap(({ marketId }) => model.itemOf(marketId) ?? []));
    for (const [index, number] of candidates.entries()) {
      const item = model?.itemOf(ids[number] as string);
      scores[index] = item === undefined ? 0 : (user?.preferenceFor(item) ?? 0);
    }
  };
}

/** The scores of the gateway by algorithm v1. */
const algorithmV1: Score = ({ nowMs, candidates, entries, profile, country, trends }, scores) => {
  const score = finalScorerV1(userFeaturesV1(profile, nowMs), nowMs, trends.reader(country));
  for (const [index, number] of candidates.entries()) {
    const entry = entries[number];
    scores[index] = entry === undefined ? -Infinity : score(entry.scoring);
  }
};

/** The weights of v2 without the features that a model learns. */
function withoutFeatures(weights: WeightsV2): WeightsV2 {
  return { ...weights, ...Object.fromEntries(LEARNED_COMPONENTS.map(({ name }) => [name, 0])) };
}

/** The scores of the gateway under weights that are learned from the choices so far. */
function learnedAlgorithm(gateway: PastGateway, config: RankingConfig, seed: number): Algorithm {
  const { weights } = config.v2;
  const learner = new Learner(weights);
  const byDefault = gateway.scorer(weights);
  const inputs = new ChoiceInputs(config);
  let published = { atMs: -Infinity, score: byDefault };
  let reactions = 0;
  return {
    score: (moment, scores) => {
      const atMs = floorTo(PUBLISH_EVERY_MS, moment.nowMs);
      if (atMs !== published.atMs) {
        const learned = learner.weights;
        const score = learned === null ? byDefault : gateway.scorer(weightsUnder({ learned }, weights));
        published = { atMs, score };
      }
      published.score(moment, scores);
    },
    learn: ({ moment, market, eventType, isPositive }) => {
      const { candidates, hasTouched } = moment;
      const rejection = isPositive ? null : rejectionOf(eventType, config.learning.negatives);
      if (!isPositive && rejection === null) return;
      reactions += 1;
      inputs.learn(
        learner,
        gateway.contextOf(moment),
        { market: candidates.indexOf(market), rejection },
        { isKnown: (row) => hasTouched(candidates[row] as number), seed: seed + reactions },
      );
    },
  };
}

/** The scoring of algorithm v2, on the past candidates. */
class PastGateway {
  readonly #catalog = new CandidateColumns();
  readonly #decay: DecayConfig;
  readonly #past: PastLookup;

  constructor(
    archive: Archive,
    private readonly config: RankingConfig,
  ) {
    this.#decay = decayConfig(config);
    const markets = new Map(archive.markets.map(({ market }) => [market.id, market]));
    this.#past = (marketId) => {
      const market = markets.get(marketId);
      return market === undefined ? undefined : toPastMarket(market);
    };
  }

  /** The final scores under some weights. */
  scorer(weights: WeightsV2): Score {
    const { v2, impressions } = this.config;
    const scorer = new ScorerV2({ ...v2, weights }, impressions);
    return (moment, scores) => {
      const { nowMs, profile, country, trends, signals } = moment;
      const columns = this.#catalog.of(moment);
      const user = userFeaturesV2(profile, nowMs, this.#decay);
      const trend = trends.columns(columns, country);
      const { final } = scorer.score(columns, trend, user, this.#past, nowMs, signals, country);
      scores.set(final.subarray(0, columns.size));
    };
  }

  /** What was known right before a choice. */
  contextOf(moment: Moment): ChoiceContext {
    const { nowMs, profile, country, trends, signals } = moment;
    const columns = this.#catalog.of(moment);
    const trend = trends.columns(columns, country);
    return { columns, trends: trend, profile, past: this.#past, signals, country, nowMs };
  }
}
