import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { sampleCountries, type Archetype, type SampleCountry } from './archetypes.js';
import { standardNormal, weightedIndex } from './random-draws.js';
import type { SampleMarket } from './sample-catalog.js';

/** The inputs of the simulation for one market. */
export interface SimulatedMarket {
  readonly id: string;
  /** Array index in the list of simulated markets. */
  readonly index: number;
  /** Key in lower case. */
  readonly category: string;
  readonly tags: readonly string[];
  /** Category, tags, and event: the possible subjects of a visit. Events have a prefix, so that none equals a tag. */
  readonly topics: ReadonlySet<string>;
  readonly createdAtMs: number;
  /** End of trading. */
  readonly endsAtMs: number;
  /** ln(1 + volume24h), standardized over the catalog. */
  readonly popularity: number;
  readonly blockedCountries: readonly string[];
}

/** The hidden preferences of one simulated user, in log-odds of a click. */
export interface LatentAffinity {
  readonly ofMarket: (market: SimulatedMarket) => number;
  readonly byTopic: ReadonlyMap<string, number>;
}

const affinityModel = {
  /** Standard deviation of a user's category affinity around the archetype's mean. */
  categorySpread: 0.5,
  /** Number of favorite tags drawn for each user. */
  favoriteTags: 5,
  /** Mean and standard deviation of the affinity of one favorite tag, in log-odds. */
  tagMean: 0.6,
  tagSpread: 0.3,
  /** Favorite tags come from markets that the user likes. A market about the user's country is e^homePull times as likely. */
  homePull: 1.2,
  homeSpread: 0.3,
  disliked: -4.5,
} as const;

export function toSimulatedMarkets(markets: readonly SampleMarket[]): SimulatedMarket[] {
  const logVolumes = markets.map(({ volume24h }) => Math.log1p(volume24h));
  const mean = logVolumes.reduce((sum, value) => sum + value, 0) / markets.length;
  const deviation = Math.sqrt(logVolumes.reduce((sum, v) => sum + (v - mean) ** 2, 0) / markets.length);
  return markets.map((market, index) => {
    const category = market.category.toLowerCase();
    const event = market.eventKey === undefined ? [] : [`event:${market.eventKey}`];
    return {
      id: market.id,
      index,
      category,
      tags: market.tags,
      topics: new Set([category, ...market.tags, ...event]),
      createdAtMs: Date.parse(market.createdAt),
      endsAtMs: Date.parse(market.resolvesAt),
      popularity: (Math.log1p(market.volume24h) - mean) / (deviation || 1),
      blockedCountries: market.blockedCountries ?? [],
    };
  });
}

/**
 * Draws the affinities of one user. θ(category) is normal around the archetype's mean. θ(tag) is normal for a few
 * favorite tags and for the tag of the user's country. The affinity for a market is θ(category) + Σ θ(tag).
 */
export function drawAffinity(
  rng: RandomGenerator,
  archetype: Archetype,
  country: SampleCountry,
  markets: readonly SimulatedMarket[],
): LatentAffinity {
  const { homeTag } = sampleCountries[country];
  const byTopic = new Map<string, number>();
  const categories = [...new Set(markets.map(({ category }) => category))];
  for (const category of categories) {
    const mean = archetype.affinities[category] ?? archetype.otherAffinity;
    byTopic.set(category, mean + affinityModel.categorySpread * standardNormal(rng));
  }
  for (let drawn = 0; drawn < archetype.dislikedCategories; drawn += 1) {
    const category = categories[Math.floor(uniformFloat64(rng) * categories.length)];
    if (category !== undefined) byTopic.set(category, affinityModel.disliked);
  }

  const weights = markets.map(({ category, topics }) =>
    Math.exp((byTopic.get(category) ?? 0) + (topics.has(homeTag) ? affinityModel.homePull : 0)),
  );
  for (let drawn = 0; drawn < affinityModel.favoriteTags; drawn += 1) {
    const tags = markets[weightedIndex(rng, weights)]?.tags ?? [];
    const tag = tags[Math.floor(uniformFloat64(rng) * tags.length)];
    if (tag !== undefined) {
      byTopic.set(tag, affinityModel.tagMean + affinityModel.tagSpread * standardNormal(rng));
    }
  }
  byTopic.set(homeTag, archetype.homeAffinity + affinityModel.homeSpread * standardNormal(rng));

  const byMarket = Float64Array.from(markets, ({ category, tags }) =>
    tags.reduce((sum, tag) => sum + (byTopic.get(tag) ?? 0), byTopic.get(category) ?? 0),
  );
  return { ofMarket: ({ index }) => byMarket[index] ?? 0, byTopic };
}
