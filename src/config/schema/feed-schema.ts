import { z } from 'zod';
import { amount, days, share, whole } from './field-types.js';

const positions = whole({ least: 1, most: 100 });
const hours = amount({ least: 0, most: 8_760 });

/** How a feed is composed: slots, diversity limits, exploration, badges, and paging. */
export const feedSchema = z
  .strictObject({
    profileTimeoutMs: whole({ least: 1, most: 10_000 }).describe(
      'time limit for loading a profile, in ms; after it, the feed is served without the profile and marked `degraded`',
    ),
    quotas: z.strictObject({
      PERSONAL: share.describe(
        'share of the slate for the slot PERSONAL, which backfills positions that another slot cannot fill; the five quotas sum to 1',
      ),
      TRENDING: share.describe('share for TRENDING'),
      LOCAL: share.describe('share for LOCAL: trending in the country of the request'),
      RISING: share.describe('share for RISING: large moves of the odds at high volume'),
      EXPLORATION: share.describe('share for EXPLORATION: sampled new or rarely shown markets'),
    }),
    diversity: z.strictObject({
      categoryPositions: positions.describe('number of first positions that the category limit covers'),
      perCategory: positions.describe(
        'maximum markets of one category in those positions; the value of `categoryPositions` turns the limit off',
      ),
      eventPositions: positions.describe('number of first positions that the event limit covers'),
      perEventFirst: positions.describe('maximum markets of one event in those positions'),
      perEventPage: positions.describe('maximum markets of one event on a page'),
      method: z
        .enum(['mmr', 'dpp'])
        .describe(
          'how PERSONAL weighs score against diversity: `mmr`, maximal marginal relevance, or `dpp`, a determinantal point process over the best 150 markets',
        ),
      mmrLambda: share.describe('`mmr`: 1 uses the score only, 0 the difference between markets only'),
      dpp: z.strictObject({
        theta: share.describe('`dpp`: 1 uses the score only, 0 the difference between markets only'),
        serendipity: share.describe(
          '`dpp`: share of its score that a market loses if it equals the markets that the user engaged with (`similarity` of 1)',
        ),
        topicThreshold: share.describe(
          '`dpp`: least mean topic distance (1 − Jaccard index) of the selected markets; a market that would leave it lower is selected only if every other would too',
        ),
      }),
    }),
    exploration: z.strictObject({
      maxAgeHours: amount({ above: 0, most: 8_760 }).describe(
        'a market younger than this, in hours, is eligible',
      ),
      maxImpressions: whole({ least: 0, most: 1_000_000_000 }).describe(
        'a market with fewer impressions in the last 7 days is eligible',
      ),
      policy: z
        .enum(['weighted', 'epsilonGreedy', 'ucb1', 'thompson', 'linUcb', 'linThompson'])
        .describe(
          'how the explored markets are chosen. `weighted`: with a probability proportional to the click rate. The others learn from explored impressions; [exploration.md](exploration.md) compares them',
        ),
      freshImpressions: whole({ least: 1, most: 1_000_000_000 }).describe(
        'every policy but `weighted`: a market with this many impressions in the last 7 days is no longer eligible by its age',
      ),
      epsilon: amount({ least: 0.001, most: 1 }).describe(
        '`epsilonGreedy`, `ucb1`, `linUcb`: probability that a position is drawn uniformly; 1 draws all of them',
      ),
      confidence: amount({ above: 0, most: 10 }).describe(
        '`ucb1`, `linUcb`, `linThompson`: standard deviations by which uncertain markets are favored',
      ),
      draws: whole({ least: 16, most: 1_024 }).describe(
        '`thompson`, `linThompson`: draws per version of the model; a propensity is at least 1 / `draws`',
      ),
      halfLifeDays: amount({ least: 0.1, most: 365 }).describe(
        'half-life of an explored impression in the statistics of the policies',
      ),
      rewardMinutes: whole({ least: 1, most: 240 }).describe(
        'time after an explored impression within which an engagement counts as its reward; statistics are that old',
      ),
      priorClickRate: amount({ above: 0, most: 1 }).describe(
        'assumed click rate of a market without impressions',
      ),
      priorImpressions: amount({ above: 0, most: 1_000_000 }).describe(
        'weight of that assumption, in impressions',
      ),
    }),
    badges: z.strictObject({
      closingSoonHours: hours.describe(
        'CLOSING_SOON: the market ends within this time (`closesAt` if known, else `resolvesAt`)',
      ),
      hotTrending: share.describe('HOT: the trending score is at least this'),
      newHours: hours.describe('NEW: the market is younger than this'),
    }),
    overdue: z
      .enum(['show', 'hide'])
      .describe(
        'whether to show a market that its source reports as open after its end (`closesAt` if known, else `resolvesAt`)',
      ),
    overdueDays: amount({ above: 0, most: 365 }).describe('days after its end during which it is shown'),
    keepMinutes: amount({ least: 1, most: 1_440 }).describe('time during which a feed can be paged'),
    pageDepth: whole({ least: 100, most: 1_000 }).describe('number of markets that paging can reach'),
  })
  .describe('Composition of a feed.');

/** Discounts and filters for markets that the user has already seen, opened, or traded. */
export const impressionsSchema = z
  .strictObject({
    perImpression: amount({ least: 0, most: 10 }).describe(
      'decay per impression in the last 24 h; 0: the number of impressions does not matter',
    ),
    justShown: share.describe('share of the score that a market loses right after an impression'),
    recoveryHours: amount({ above: 0, most: 720 }).describe('half-life of that loss'),
    floor: share.describe('lower bound of the impression discount; 1 turns the discount off'),
    // A profile stores at most the last 32 impressions of a market.
    hardCap: whole({ least: 2, most: 32 }).describe(
      'frequency cap: impressions in 24 h, without a click and without a material change, after which a market is filtered out',
    ),
    changed: z.strictObject({
      logit: amount({ above: 0, most: 20 }).describe(
        'a change is material if the log-odds moved by this since the last impression, …',
      ),
      probability: amount({ above: 0, most: 1 }).describe('… or the probability moved by this, …'),
      volumeFactor: amount({ above: 1, most: 1_000 }).describe('… or the 24 h volume grew by this factor'),
    }),
    cooldown: z.strictObject({
      afterDays: amount({ above: 0, most: 7 }).describe(
        'cooldown: the first ignored impression of the last week is at least this many days old; 7 turns the cooldown off',
      ),
      afterImpressions: whole({ least: 2, most: 32 }).describe(
        'and there are at least this many impressions',
      ),
    }),
    engagement: z.strictObject({
      traded: share.describe(
        'engagement discount: share of the score that a market loses right after the user traded it, unless it changed',
      ),
      tradedHalfLifeDays: days.describe('half-life of that loss'),
      opened: share.describe('the same after any other engagement'),
      openedHalfLifeDays: days.describe('half-life of that loss'),
    }),
    trackOnServe: z
      .boolean()
      .describe('true: serving a feed records impressions of hero and grid, for clients that report none'),
  })
  .describe(
    'Impression discount, engagement discount, frequency cap, and cooldown. The impression discount is ' +
      'max(`floor`, e^(−`perImpression` · impressions in 24 h) · (1 − `justShown` · 2^(−hours since the last / `recoveryHours`))).',
  );

export type FeedConfig = z.infer<typeof feedSchema>;

export type ExplorationConfig = FeedConfig['exploration'];
