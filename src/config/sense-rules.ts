import type { ConfigFault } from './config-fault.js';
import type { RankingConfig } from './ranking-schema.js';

/** A fault of values that do not go together. */
export interface SenseFault extends ConfigFault {
  /** The other values that have a part in it. */
  readonly comparedWith?: readonly string[];
}

/** Looks at a config whose shape is right. */
export type SenseRule = (config: RankingConfig) => SenseFault[];

const SUM_TOLERANCE = 1e-9;

const quotasAddUp: SenseRule = ({ feed: { quotas } }) => {
  const sum = Object.values(quotas).reduce((total, quota) => total + quota, 0);
  if (Math.abs(sum - 1) <= SUM_TOLERANCE) return [];
  const shares = Object.entries(quotas).map(([slot, quota]) => `${slot} ${quota}`);
  const readable = Number(sum.toPrecision(6));
  return [
    {
      path: 'feed.quotas',
      message: `must add up to 1, and add up to ${readable === 1 ? sum : readable}: ${shares.join(', ')}`,
    },
  ];
};

const dwellTimesFall: SenseRule = ({ events: { dwellFactors } }) =>
  dwellFactors.flatMap(({ atLeastMs }, index) => {
    const before = dwellFactors[index - 1];
    if (before === undefined || atLeastMs < before.atLeastMs) return [];
    return [
      {
        path: `events.dwellFactors.${index}.atLeastMs`,
        message: `must be less than ${before.atLeastMs} of the line before (it is ${atLeastMs}): the first line whose time was reached applies`,
      },
    ];
  });

/** What is shown, and what is no longer hidden, never touches taste. */
const NEUTRAL = ['IMPRESSION', 'UNHIDE'] as const;
const DISLIKES = ['SCROLL_PAST', 'SKIP_FAST', 'NOT_INTERESTED', 'HIDE'] as const;
const LIKES = [
  'PARTICIPATE',
  'COMMENT',
  'SHARE',
  'BOOKMARK',
  'PARTICIPATE_INTENT',
  'RETURN_VISIT',
  'CLICK',
  'VIEW_MARKET',
  'DWELL_30',
  'DWELL_5',
] as const;

const eventsKeepTheirSign: SenseRule = ({ events: { weights } }) => {
  const wrong = (
    events: readonly (keyof typeof weights)[],
    isWrong: (weight: number) => boolean,
    allowed: string,
  ): SenseFault[] =>
    events
      .filter((event) => isWrong(weights[event]))
      .map((event) => ({
        path: `events.weights.${event}`,
        message: `must be ${allowed} (it is ${weights[event]})`,
      }));
  return [
    ...wrong(NEUTRAL, (weight) => weight !== 0, '0, because it says nothing of taste'),
    ...wrong(
      DISLIKES,
      (weight) => weight > 0,
      '0 or less, because it says that a person did not like a market',
    ),
    ...wrong(LIKES, (weight) => weight < 0, '0 or more, because it says that a person liked a market'),
  ];
};

const someEventSaysSomething: SenseRule = ({ events: { weights } }) =>
  LIKES.some((event) => weights[event] !== 0)
    ? []
    : [{ path: 'events.weights', message: 'must have one above 0, or nobody would ever like anything' }];

const someScoreCounts: SenseRule = ({ v2: { weights } }) =>
  Object.entries(weights).some(([part, weight]) => part !== 'negative' && weight > 0)
    ? []
    : [
        {
          path: 'v2.weights',
          message: 'must have one above 0 besides negative, or all markets would score the same',
        },
      ];

const collaborativeIsNotYet: SenseRule = ({ v2: { weights } }) =>
  weights.collaborative === 0
    ? []
    : [
        {
          path: 'v2.weights.collaborative',
          message: `must be 0 (it is ${weights.collaborative}): this part is not computed yet`,
        },
      ];

type Read = (config: RankingConfig) => number;

/** One value must not be above another one. */
function notAbove(path: string, read: Read, limitPath: string, readLimit: Read, why: string): SenseRule {
  return (config) => {
    const [value, limit] = [read(config), readLimit(config)];
    if (value <= limit) return [];
    return [
      {
        path,
        comparedWith: [limitPath],
        message: `must be at most ${limitPath}, which is ${limit} (it is ${value}): ${why}`,
      },
    ];
  };
}

const MINUTES_PER_HOUR = 60;
const MINUTES_PER_DAY = 1_440;

/** What must hold between the values of a config, each rule by itself. */
export const senseRules: readonly SenseRule[] = [
  dwellTimesFall,
  eventsKeepTheirSign,
  someEventSaysSomething,
  notAbove(
    'profile.sessionHalfLifeMinutes',
    ({ profile }) => profile.sessionHalfLifeMinutes / MINUTES_PER_DAY,
    'profile.longTermHalfLifeDays',
    ({ profile }) => profile.longTermHalfLifeDays,
    'counted in days, a session is forgotten before the long term is',
  ),
  notAbove(
    'profile.cacheSecondsUnheard',
    ({ profile }) => profile.cacheSecondsUnheard,
    'profile.cacheSeconds',
    ({ profile }) => profile.cacheSeconds,
    'a cache is trusted less while other replicas may not be heard',
  ),
  notAbove(
    'trending.halfLifeHours',
    ({ trending }) => trending.halfLifeHours,
    'trending.windowHours',
    ({ trending }) => trending.windowHours,
    'events would leave the window before they have decayed',
  ),
  notAbove(
    'trending.popularity.halfLifeDays',
    ({ trending }) => trending.popularity.halfLifeDays,
    'trending.popularity.windowDays',
    ({ trending }) => trending.popularity.windowDays,
    'events would leave the window before they have decayed',
  ),
  notAbove(
    'trending.popularity.windowDays',
    ({ trending }) => trending.popularity.windowDays,
    'retention.interactionsDays',
    ({ retention }) => retention.interactionsDays,
    'the events of the window would be gone',
  ),
  notAbove(
    'feed.keepMinutes',
    ({ feed }) => feed.keepMinutes / MINUTES_PER_HOUR,
    'retention.rankingsHours',
    ({ retention }) => retention.rankingsHours,
    'counted in hours, a feed would be gone while it can be paged in',
  ),
  notAbove(
    'tracking.groupEvents',
    ({ tracking }) => tracking.groupEvents,
    'tracking.maxQueued',
    ({ tracking }) => tracking.maxQueued,
    'a group could never be full',
  ),
  someScoreCounts,
  collaborativeIsNotYet,
  notAbove(
    'v2.similarity.nearestMarkets',
    ({ v2 }) => v2.similarity.nearestMarkets,
    'v2.similarity.centroidMarkets',
    ({ v2 }) => v2.similarity.centroidMarkets,
    'the nearest is looked for among the markets of the sum',
  ),
  notAbove(
    'v2.continuity.siblingsOf',
    ({ v2 }) => v2.continuity.siblingsOf,
    'v2.similarity.centroidMarkets',
    ({ v2 }) => v2.similarity.centroidMarkets,
    'siblings are looked for of the markets of the sum',
  ),
  quotasAddUp,
  notAbove(
    'feed.diversity.perCategory',
    ({ feed }) => feed.diversity.perCategory,
    'feed.diversity.categoryPlaces',
    ({ feed }) => feed.diversity.categoryPlaces,
    'a category cannot have more places than there are; the same number switches the limit off',
  ),
  notAbove(
    'feed.diversity.perEventFirst',
    ({ feed }) => feed.diversity.perEventFirst,
    'feed.diversity.eventPlaces',
    ({ feed }) => feed.diversity.eventPlaces,
    'an event cannot have more places than there are',
  ),
  notAbove(
    'feed.diversity.perEventFirst',
    ({ feed }) => feed.diversity.perEventFirst,
    'feed.diversity.perEventPage',
    ({ feed }) => feed.diversity.perEventPage,
    'the first places are part of the page',
  ),
];
