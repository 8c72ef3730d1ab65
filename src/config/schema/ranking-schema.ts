import { z } from 'zod';
import { feedSchema, impressionsSchema } from './feed-schema.js';
import { amount, days, minutesOfADay, share, whole, zero } from './field-types.js';
import { collaborativeSchema } from './collaborative-schema.js';
import { experimentHoldoutSchema, experimentsSchema, MAX_EXPERIMENTS } from './experiment-schema.js';
import { rateLimitSchema } from './rate-limit-schema.js';
import { sinksSchema } from './sink-schema.js';
import { sourcesSchema } from './source-schema.js';
import { v2Schema } from './v2-schema.js';

const positiveEvent = amount({ least: 0, most: 100 }).describe('points');
const negativeEvent = amount({ least: -100, most: 0 }).describe('points, negative');
const neutralEvent = zero('it does not change affinity').describe('does not change affinity');

const events = z
  .strictObject({
    weights: z.strictObject({
      PARTICIPATE: positiveEvent.describe(
        "points for the market's category; each tag gets them times `tagFactor`",
      ),
      COMMENT: positiveEvent,
      SHARE: positiveEvent,
      BOOKMARK: positiveEvent,
      PARTICIPATE_INTENT: positiveEvent,
      RETURN_VISIT: positiveEvent,
      CLICK: positiveEvent,
      VIEW_MARKET: positiveEvent,
      DWELL_30: positiveEvent,
      DWELL_5: positiveEvent,
      SCROLL_PAST: negativeEvent,
      SKIP_FAST: negativeEvent,
      NOT_INTERESTED: negativeEvent,
      HIDE: negativeEvent,
      UNHIDE: neutralEvent,
      IMPRESSION: neutralEvent,
    }),
    dwellFactors: z
      .array(
        z.strictObject({
          atLeastMs: whole({ least: 1, most: 86_400_000 }),
          factor: amount({ above: 0, most: 100 }),
        }),
      )
      .max(10)
      .describe(
        'list of `{ atLeastMs, factor }`, the longest time first; the first entry whose time the dwell reached multiplies the weight. `atLeastMs`: 1–86400000, whole; `factor`: >0–100',
      ),
    tagFactor: share.describe("share of an event's weight that each tag gets"),
  })
  .describe('Effect of an event on the affinity of a user. At least one positive weight must be above 0.');

const cacheSeconds = amount({ above: 0, most: 86_400 });

const profile = z
  .strictObject({
    longTermHalfLifeDays: days.describe('half-life of an event in long-term affinity'),
    sessionHalfLifeMinutes: minutesOfADay.describe('half-life of an event in session affinity'),
    sessionIdleMinutes: minutesOfADay.describe(
      'time without an event after which the session ends and session affinity is reset',
    ),
    cacheMegabytes: amount({ least: 1, most: 100_000 }).describe('memory for cached profiles'),
    cacheSeconds: cacheSeconds.describe('TTL of a cached profile'),
    cacheSecondsWithoutMessages: cacheSeconds.describe(
      'the same while messages of other replicas may be lost',
    ),
    // Far below the 30 s after which a replica that paused drops its cache.
    changePollSeconds: amount({ least: 0.1, most: 10 }).describe(
      'interval of the poll for changes whose notification was lost; a feed may lack such a change for about this long',
    ),
    removeTopicsBelow: amount({ least: 0, most: 10 }).describe(
      'a nightly job removes topics whose absolute long-term affinity, in points, is below this; 0 turns it off',
    ),
  })
  .describe('Decay and caching of profiles.');

const trending = z
  .strictObject({
    windowHours: amount({ above: 0, most: 720 }).describe('older events do not count'),
    halfLifeHours: amount({ above: 0, most: 720 }).describe('half-life of an event'),
    userCap: amount({ above: 0, most: 10_000 }).describe('maximum that one user adds to a market'),
    minLocalUsers: whole({ least: 1, most: 1_000_000_000 }).describe(
      "number of distinct users from which a country's own trend is used",
    ),
    refreshSeconds: whole({ least: 1, most: 3_600 }).describe('interval of the computation'),
    popularity: z.strictObject({
      windowDays: amount({ above: 0, most: 365 }).describe('popularity: older events do not count'),
      halfLifeDays: amount({ above: 0, most: 365 }).describe('popularity: half-life of an event'),
    }),
  })
  .describe('Trending (hours) and popularity (weeks), computed from the events of all users.');

const tracking = z
  .strictObject({
    lanes: whole({ least: 1, most: 16 }).describe(
      'number of groups that commit concurrently, each on its own connection; a hash assigns each user to one',
    ),
    groupWaitMs: amount({ least: 0, most: 2 }).describe(
      'time that the first event of a group waits for others, in ms',
    ),
    groupEvents: whole({ least: 1, most: 5_000 }).describe('maximum events of a group'),
    maxQueued: whole({ least: 500, most: 1_000_000 }).describe(
      'maximum queued events; more are rejected with UNAVAILABLE',
    ),
    maxQueuedMs: whole({ least: 100, most: 60_000 }).describe(
      'maximum queueing time, in ms; events that wait longer are rejected with UNAVAILABLE',
    ),
  })
  .describe('Recording of events. Concurrent requests share one transaction (group commit).');

const retention = z
  .strictObject({
    interactionsDays: whole({ least: 30, most: 3_650 }).describe(
      'a month of events is dropped once it ended this many days ago; profiles keep its effect until they are rebuilt',
    ),
    rankingsHours: amount({ least: 1, most: 720 }).describe(
      'time for which served feeds are stored for `explainFeed`',
    ),
  })
  .describe('Retention of stored data.');

const privacy = z
  .strictObject({
    rejectPersonalUserKeys: z
      .boolean()
      .describe('true: user keys that contain an email address, or are a phone number, are rejected'),
    // Events may be 7 days late, so a shorter block would let an old event restore data.
    erasedKeyDays: whole({ least: 8, most: 3_650 }).describe(
      'days for which the key of an erased user stays blocked: its events are ignored, and its feeds are global',
    ),
    aliasDays: whole({ least: 1, most: 3_650 }).describe(
      'days for which the key of a merged user stands for the other user',
    ),
  })
  .describe('User keys, erasure, and merging. [privacy.md](privacy.md) describes them.');

const ranking = z
  .strictObject({
    personalization: z
      .boolean()
      .describe('false: feeds depend on the country only, not on the user; profiles are kept'),
    algorithm: z.enum(['v1', 'v2']).describe('algorithm of the rollout'),
    rollout: amount({ least: 0, most: 100 }).describe(
      'percentage of users who get `algorithm`, chosen by a stable hash',
    ),
    others: z
      .enum(['v1', 'v2', 'global'])
      .describe('algorithm of the holdout; `global` does not depend on the user'),
  })
  .describe('Choice of the algorithm.');

const rejection = amount({ least: 0, most: 10 });

const learning = z
  .strictObject({
    mode: z
      .enum(['learn', 'frozen', 'off'])
      .describe(
        '`learn`: the weights of algorithm v2 follow the choices on this site; `frozen`: they stay as they are; `off`: those of `v2.weights` apply',
      ),
    pin: whole({ least: 1, most: 2_147_483_647 })
      .nullable()
      .describe('version of the model whose weights apply, as in `bellwether model list`; null: the latest'),
    collaborative: collaborativeSchema,
    negatives: z.strictObject({
      HIDE: rejection.describe(
        'strength of the event in the objective of the learner, relative to a choice: another market should rank above the one of the event; 0: not learned from',
      ),
      NOT_INTERESTED: rejection.describe('the same'),
      SKIP_FAST: rejection.describe('the same'),
      SCROLL_PAST: rejection.describe('the same'),
    }),
  })
  .describe('Learning of the weights of algorithm v2. [model-card.md](model-card.md) describes the model.');

const textVectors = z
  .strictObject({
    enabled: z
      .boolean()
      .describe('true: a job computes text vectors with an optional package, and rankings use them'),
  })
  .describe('Text vectors of titles. [text-vectors.md](text-vectors.md) says what to install.');

const country = z
  .strictObject({
    headers: z
      .array(z.string().regex(/^[a-z0-9-]{1,64}$/, 'must be the name of a header in lower case'))
      .max(5)
      .describe(
        'headers that contain the country, such as `cf-ipcountry`, in lower case; the first that names a country is used. List only headers that your proxy sets and no client can',
      ),
  })
  .describe('Country of a request that does not name one.');

const audience = z
  .strictObject({
    epsilonPerDay: amount({ least: 0.01, most: 10 }).describe(
      'maximum ε that all releases of the events of one UTC day spend together',
    ),
    deltaPerDay: amount({ least: 1e-9, most: 1e-3 }).describe('the same for δ'),
    releasesPerDay: whole({ least: 1, most: 4 }).describe(
      'number of releases of the events of one day, each of which spends an equal share; fewer releases are more exact',
    ),
    cellsPerUser: whole({ least: 1, most: 100 }).describe(
      'maximum cells of a release that one user counts in; more need more noise',
    ),
  })
  .describe(
    'Differential privacy of `audienceInsights`. [privacy.md](privacy.md#released-group-data) describes the guarantee.',
  );

/** The ranking config. The descriptions are published in docs/configuration.md. */
export const rankingSchema = z.strictObject({
  events,
  profile,
  trending,
  ranking,
  learning,
  textVectors,
  country,
  v2: v2Schema,
  impressions: impressionsSchema,
  feed: feedSchema,
  tracking,
  retention,
  audience,
  rateLimits: rateLimitSchema,
  privacy,
  experimentHoldout: experimentHoldoutSchema,
  experiments: experimentsSchema
    .max(MAX_EXPERIMENTS)
    .describe(
      'Experiments, which give users different values of this config. [experiments.md](experiments.md) describes them.',
    ),
  sinks: sinksSchema
    .max(10)
    .describe(
      'Destinations that receive every recorded event besides the database. [sinks.md](sinks.md) describes delivery.',
    ),
  sources: sourcesSchema
    .max(20)
    .describe(
      'Market sites that the gateway polls to keep the catalog current. [sources.md](sources.md) describes polling.',
    ),
});

export type RankingConfig = z.infer<typeof rankingSchema>;
