import { hashText } from '../../domain/hash-text.js';
import type { TopicPoints } from '../v2/features.js';
import { DAY_MS } from '../shared/time.js';

/** Buckets that topics are hashed into. */
export const TOPIC_BUCKETS = 8;

/** Buckets that countries are hashed into. */
const COUNTRY_BUCKETS = 4;

/** Half-lives of the two features of a market's age. */
const FRESH_MS = DAY_MS;
const RECENT_MS = 7 * DAY_MS;

/** Highest value of the feature of the reward rate. */
const MAX_RATE = 3;

/** Elements of the vector of a market: 1, its topics, the two features of its age, and its reward rate. */
export const MARKET_SIZE = 1 + TOPIC_BUCKETS + 3;

const TOPICS_AT = 1;
const FRESH_AT = TOPICS_AT + TOPIC_BUCKETS;
const RECENT_AT = FRESH_AT + 1;
const RATE_AT = RECENT_AT + 1;

/** Groups of features that pair the topics of a market with the context; the first feature of each. */
const USER_AT = MARKET_SIZE;
const SINE_AT = USER_AT + TOPIC_BUCKETS;
const COSINE_AT = SINE_AT + TOPIC_BUCKETS;
const COUNTRIES_AT = COSINE_AT + TOPIC_BUCKETS;

/** Features of a user and a market. */
export const FEATURES = COUNTRIES_AT + COUNTRY_BUCKETS * TOPIC_BUCKETS;

/** The context of a request. */
export interface LinearContext {
  /** Interest by topic bucket, 0 or more, of length 1 or 0. */
  readonly topics: Float64Array;
  /** The hour of the day (UTC) on a circle. */
  readonly sine: number;
  readonly cosine: number;
  /** The first feature of the country; −1 if it is unknown. */
  readonly countryAt: number;
}

/** @param topics of the user; empty without a profile. */
export function linearContext(
  topics: readonly TopicPoints[],
  country: string | null,
  nowMs: number,
): LinearContext {
  const interest = new Float64Array(TOPIC_BUCKETS);
  for (const { kind, key, longTerm, session } of topics) {
    const bucket = topicBucket(kind, key);
    interest[bucket] = (interest[bucket] as number) + Math.max(0, longTerm + session);
  }
  const angle = (2 * Math.PI * (nowMs % DAY_MS)) / DAY_MS;
  return {
    topics: normalized(interest),
    sine: Math.sin(angle),
    cosine: Math.cos(angle),
    countryAt: country === null ? -1 : COUNTRIES_AT + bucketOf(country, COUNTRY_BUCKETS) * TOPIC_BUCKETS,
  };
}

/** The topic buckets of a market, of length 1. */
export function marketTopics({
  category,
  tags,
}: {
  readonly category: string;
  readonly tags: readonly string[];
}): Float64Array {
  const topics = new Float64Array(TOPIC_BUCKETS);
  topics[topicBucket('CATEGORY', category)] = 1;
  for (const tag of tags) {
    const bucket = topicBucket('TAG', tag);
    topics[bucket] = (topics[bucket] as number) + 1;
  }
  return normalized(topics);
}

/**
 * The vector of a market: 1, its topics, `2^(−age / 1 d)`, `2^(−age / 7 d)`, and its reward rate as `rate / prior rate − 1`, at
 * most 3.
 */
export function marketVector(
  topics: Float64Array,
  ageMs: number,
  rate: number,
  priorRate: number,
  into = new Float64Array(MARKET_SIZE),
): Float64Array {
  const age = Math.max(0, ageMs);
  into[0] = 1;
  into.set(topics, TOPICS_AT);
  into[FRESH_AT] = 2 ** (-age / FRESH_MS);
  into[RECENT_AT] = 2 ** (-age / RECENT_MS);
  into[RATE_AT] = Math.min(MAX_RATE, rate / priorRate - 1);
  return into;
}

/** The weights of a site without evidence: the prediction is the reward rate of the market, up to its bound. */
export function defaultLinearWeights(priorRate: number): Float64Array {
  const weights = new Float64Array(FEATURES);
  weights[0] = priorRate;
  weights[RATE_AT] = priorRate;
  return weights;
}

/**
 * The features of a market in a context: those of the market, and its topics times the interest of the user in them, times sine
 * and cosine of the hour, and in the buckets of the country.
 */
export function linearFeatures(context: LinearContext, market: Float64Array): Float64Array {
  const features = new Float64Array(FEATURES);
  features.set(market);
  for (let bucket = 0; bucket < TOPIC_BUCKETS; bucket += 1) {
    const topic = market[TOPICS_AT + bucket] as number;
    features[USER_AT + bucket] = topic * (context.topics[bucket] as number);
    features[SINE_AT + bucket] = topic * context.sine;
    features[COSINE_AT + bucket] = topic * context.cosine;
    if (context.countryAt >= 0) features[context.countryAt + bucket] = topic;
  }
  return features;
}

/**
 * The weights of the vector of a market in a context: their product is that of `weights` and {@link linearFeatures}. So a
 * request reads few numbers per market.
 */
export function contextWeights(
  { topics, sine, cosine, countryAt }: LinearContext,
  weights: Float64Array,
  into = new Float64Array(MARKET_SIZE),
): Float64Array {
  for (let index = 0; index < MARKET_SIZE; index += 1) into[index] = weights[index] as number;
  for (let bucket = 0; bucket < TOPIC_BUCKETS; bucket += 1) {
    let weight = into[TOPICS_AT + bucket] as number;
    weight += (topics[bucket] as number) * (weights[USER_AT + bucket] as number);
    weight += sine * (weights[SINE_AT + bucket] as number);
    weight += cosine * (weights[COSINE_AT + bucket] as number);
    if (countryAt >= 0) weight += weights[countryAt + bucket] as number;
    into[TOPICS_AT + bucket] = weight;
  }
  return into;
}

function topicBucket(kind: TopicPoints['kind'], key: string): number {
  return bucketOf(`${kind}:${key}`, TOPIC_BUCKETS);
}

/** The low bits of the hash depend on few bits of the text, so the high ones are added. */
function bucketOf(text: string, buckets: number): number {
  const hash = hashText(text);
  return (hash ^ (hash >>> 15)) % buckets;
}

/** Scales a vector to length 1, in its place; one of zeros stays as it is. */
function normalized(vector: Float64Array): Float64Array {
  let squares = 0;
  for (const value of vector) squares += value * value;
  if (squares === 0) return vector;
  const scale = 1 / Math.sqrt(squares);
  for (let index = 0; index < vector.length; index += 1) vector[index] = (vector[index] as number) * scale;
  return vector;
}
