import { FACTOR_BYTES, MAX_COLLABORATIVE_BYTES, NEIGHBOR_BYTES } from '../../domain/collaborative.js';
import { valueAt } from '../config-values.js';
import type { RankingConfig } from '../schema/ranking-schema.js';
import type { ConfigError } from './config-error.js';

/** An error between several values. */
export interface CrossFieldError extends ConfigError {
  /** Paths of the other values involved. */
  readonly comparedWith?: readonly string[];
}

/** Checks a config that satisfies the schema. */
type CrossFieldRule = (config: RankingConfig) => CrossFieldError[];

/** A value that must not exceed another value. */
interface UpperBound {
  readonly path: string;
  readonly limitPath: string;
  /** How many units of the value make one unit of the limit, such as 60 for minutes and hours. Default: 1. */
  readonly unitsPerLimit?: number;
  readonly reason: string;
}

const MINUTES_PER_HOUR = 60;
const MINUTES_PER_DAY = 1_440;

/** The upper bounds, in the order of the config. docs/configuration.md lists them with each value. */
export const upperBounds: readonly UpperBound[] = [
  {
    path: 'profile.sessionHalfLifeMinutes',
    limitPath: 'profile.longTermHalfLifeDays',
    unitsPerLimit: MINUTES_PER_DAY,
    reason: 'session affinity decays faster than long-term affinity',
  },
  {
    path: 'profile.cacheSecondsWithoutMessages',
    limitPath: 'profile.cacheSeconds',
    reason: 'the TTL is shorter while messages of other replicas may be lost',
  },
  {
    path: 'trending.halfLifeHours',
    limitPath: 'trending.windowHours',
    reason: 'events would leave the window before they have decayed',
  },
  {
    path: 'trending.popularity.halfLifeDays',
    limitPath: 'trending.popularity.windowDays',
    reason: 'events would leave the window before they have decayed',
  },
  {
    path: 'trending.popularity.windowDays',
    limitPath: 'retention.interactionsDays',
    reason: 'older events are deleted',
  },
  {
    path: 'feed.keepMinutes',
    limitPath: 'retention.rankingsHours',
    unitsPerLimit: MINUTES_PER_HOUR,
    reason: 'a served feed would be deleted while it can still be paged',
  },
  {
    path: 'feed.exploration.rewardMinutes',
    limitPath: 'retention.rankingsHours',
    unitsPerLimit: MINUTES_PER_HOUR / 2,
    reason: 'the served feed would be deleted before its impressions are counted',
  },
  {
    path: 'tracking.groupEvents',
    limitPath: 'tracking.maxQueued',
    reason: 'a group could never be full',
  },
  {
    path: 'v2.similarity.nearestMarkets',
    limitPath: 'v2.similarity.centroidMarkets',
    reason: 'the nearest market is one of the markets in the centroid',
  },
  {
    path: 'v2.continuity.siblingsOf',
    limitPath: 'v2.similarity.centroidMarkets',
    reason: 'siblings are those of markets in the centroid',
  },
  {
    path: 'feed.diversity.perCategory',
    limitPath: 'feed.diversity.categoryPositions',
    reason: 'a category cannot have more positions than there are; the same number turns the limit off',
  },
  {
    path: 'feed.diversity.perEventFirst',
    limitPath: 'feed.diversity.eventPositions',
    reason: 'an event cannot have more positions than there are',
  },
  {
    path: 'feed.diversity.perEventFirst',
    limitPath: 'feed.diversity.perEventPage',
    reason: 'the first positions are part of the page',
  },
];

function toRule({ path, limitPath, unitsPerLimit = 1, reason }: UpperBound): CrossFieldRule {
  return (config) => {
    const [value, limit] = [path, limitPath].map((key) => valueAt(config, key.split('.'))) as [
      number,
      number,
    ];
    if (value / unitsPerLimit <= limit) return [];
    const inOwnUnit = Number((limit * unitsPerLimit).toPrecision(6));
    return [
      {
        path,
        comparedWith: [limitPath],
        message: `must be at most ${inOwnUnit}, because ${limitPath} is ${limit} (it is ${value}): ${reason}`,
      },
    ];
  };
}

/** Rounding error to accept in a sum of decimal fractions. */
const SUM_TOLERANCE = 1e-9;

const quotasSumToOne: CrossFieldRule = ({ feed: { quotas } }) => {
  const sum = Object.values(quotas).reduce((total, quota) => total + quota, 0);
  if (Math.abs(sum - 1) <= SUM_TOLERANCE) return [];
  const shares = Object.entries(quotas).map(([slot, quota]) => `${slot} ${quota}`);
  const readable = Number(sum.toPrecision(6));
  return [
    {
      path: 'feed.quotas',
      message: `must sum to 1 (the sum is ${readable === 1 ? sum : readable}: ${shares.join(', ')})`,
    },
  ];
};

/** Bytes of a collaborative model for its numbers; the rest is for the ids of markets. */
const NUMBER_BYTES = 0.95 * MAX_COLLABORATIVE_BYTES;

const collaborativeModelFits: CrossFieldRule = ({ learning: { collaborative } }) => {
  const { maxMarkets, als, graph } = collaborative;
  const sizes = [
    { path: 'learning.collaborative.als.factors', value: als.factors, bytes: FACTOR_BYTES },
    { path: 'learning.collaborative.graph.neighbors', value: graph.neighbors, bytes: NEIGHBOR_BYTES },
  ];
  return sizes.flatMap(({ path, value, bytes }) => {
    const most = Math.floor(NUMBER_BYTES / (maxMarkets * bytes));
    if (value <= most) return [];
    return [
      {
        path,
        comparedWith: ['learning.collaborative.maxMarkets'],
        message: `must be at most ${most}, because learning.collaborative.maxMarkets is ${maxMarkets} (it is ${value}): a stored model has at most 128 MiB`,
      },
    ];
  });
};

const dwellTimesDecrease: CrossFieldRule = ({ events: { dwellFactors } }) =>
  dwellFactors.flatMap(({ atLeastMs }, index) => {
    const previous = dwellFactors[index - 1];
    if (previous === undefined || atLeastMs < previous.atLeastMs) return [];
    return [
      {
        path: `events.dwellFactors.${index}.atLeastMs`,
        message: `must be less than ${previous.atLeastMs} of the entry before (it is ${atLeastMs}): the first entry whose time is reached applies`,
      },
    ];
  });

const someEventIsPositive: CrossFieldRule = ({ events: { weights } }) =>
  Object.values(weights).some((weight) => weight > 0)
    ? []
    : [
        {
          path: 'events.weights',
          message: 'must have a weight above 0, or no event would create affinity',
        },
      ];

const someComponentCounts: CrossFieldRule = ({ v2: { weights } }) =>
  Object.entries(weights).some(([component, weight]) => component !== 'negative' && weight > 0)
    ? []
    : [
        {
          path: 'v2.weights',
          message: 'must have a weight above 0 besides negative, or all markets would have the same score',
        },
      ];

/** Relations that must hold between the values of a config. Each rule is independent of the others. */
export const crossFieldRules: readonly CrossFieldRule[] = [
  dwellTimesDecrease,
  someEventIsPositive,
  ...upperBounds.map(toRule),
  someComponentCounts,
  quotasSumToOne,
  collaborativeModelFits,
];
