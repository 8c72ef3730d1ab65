import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import type { Archetype } from './archetypes.js';
import { sampleCountries } from './countries.js';
import type { SampleCountry } from './countries.js';
import { standardNormal, weightedIndex } from './random-draws.js';
import type { SampleMarket } from './sample-catalog.js';

/** What the simulation reads of a market. */
export interface WorldMarket {
  readonly id: string;
  /** Its place in the world. */
  readonly index: number;
  /** Key in lower case. */
  readonly category: string;
  readonly tags: readonly string[];
  /** Category, tags and event: what a visit can be about. Events are marked, so that none equals a tag. */
  readonly topics: ReadonlySet<string>;
  readonly createdAtMs: number;
  /** When trading ends. */
  readonly endsAtMs: number;
  /** ln(1 + volume24h), standardised over the catalog. */
  readonly popularity: number;
  readonly blockedCountries: readonly string[];
}

/** What one person likes, in log-odds: by market, and the topics it comes from. */
export interface LatentTaste {
  /** The affinity for a market. */
  readonly of: (market: WorldMarket) => number;
  readonly byTopic: ReadonlyMap<string, number>;
}

const taste = {
  /** Standard deviation of a person's category affinity round the archetype's. */
  categorySpread: 0.5,
  /** Everyone has so many tags of their own … */
  favouriteTags: 5,
  /** … worth this much each on a market, in log-odds, with that spread … */
  tagMean: 0.6,
  tagSpread: 0.3,
  /** … found among markets they like; those of the own country are more likely by e to this. */
  homePull: 1.2,
  homeSpread: 0.3,
  disliked: -4.5,
} as const;

export function worldOf(markets: readonly SampleMarket[]): WorldMarket[] {
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
 * Draws a person's taste: θ(category) normal round the archetype's mean, θ(tag) > 0 for a few tags of
 * their own and for their country; the affinity for a market is θ(category) + Σ θ(tag).
 */
export function drawTaste(
  rng: RandomGenerator,
  archetype: Archetype,
  country: SampleCountry,
  world: readonly WorldMarket[],
): LatentTaste {
  const { homeTag } = sampleCountries[country];
  const byTopic = new Map<string, number>();
  const categories = [...new Set(world.map(({ category }) => category))];
  for (const category of categories) {
    const mean = archetype.affinities[category] ?? archetype.elsewhere;
    byTopic.set(category, mean + taste.categorySpread * standardNormal(rng));
  }
  for (let chosen = 0; chosen < archetype.dislikes; chosen += 1) {
    const category = categories[Math.floor(uniformFloat64(rng) * categories.length)];
    if (category !== undefined) byTopic.set(category, taste.disliked);
  }

  const attraction = world.map(({ category, topics }) =>
    Math.exp((byTopic.get(category) ?? 0) + (topics.has(homeTag) ? taste.homePull : 0)),
  );
  for (let drawn = 0; drawn < taste.favouriteTags; drawn += 1) {
    const tags = world[weightedIndex(rng, attraction)]?.tags ?? [];
    const tag = tags[Math.floor(uniformFloat64(rng) * tags.length)];
    if (tag !== undefined) byTopic.set(tag, taste.tagMean + taste.tagSpread * standardNormal(rng));
  }
  byTopic.set(homeTag, archetype.homeAffinity + taste.homeSpread * standardNormal(rng));

  const byMarket = Float64Array.from(world, ({ category, tags }) =>
    tags.reduce((sum, tag) => sum + (byTopic.get(tag) ?? 0), byTopic.get(category) ?? 0),
  );
  return { of: ({ index }) => byMarket[index] ?? 0, byTopic };
}
