import { downsampleSnapshots } from '../catalog/market-history.js';
import type { MarketPoller } from '../catalog/sources/market-poller.js';
import type { VectorRun } from '../catalog/vectors/vector-run.js';
import type { RankingConfig } from '../config/schema/ranking-schema.js';
import type { SourceConfig } from '../config/schema/source-schema.js';
import type { CollaborativeRun } from '../learning/collaborative/collaborative-run.js';
import type { LearningRun } from '../learning/learning-run.js';
import { PUBLISH_EVERY_MS } from '../learning/publish-interval.js';
import { SECOND_MS } from '../lib/time.js';
import type { ProfileUpkeep } from '../profiles/profile-upkeep.js';
import type { Store } from '../storage/store.js';
import type { Retention } from '../tracking/retention.js';
import type { ComputationResult, TrendComputations } from '../trends/trend-computations.js';
import type { Job } from './job.js';

// Intervals in seconds.
const MINUTE = 60;
const TEN_MINUTES = 600;
const HOUR = 3_600;
const DAY = 86_400;

/** All jobs of this deployment. docs/jobs.md lists them. */
export function jobDefinitions(deps: {
  readonly config: Pick<RankingConfig, 'trending' | 'sources' | 'learning' | 'textVectors'>;
  readonly computations: Pick<TrendComputations, 'trends' | 'momentum' | 'attention'>;
  readonly snapshots: Store['snapshots'];
  readonly upkeep: Pick<ProfileUpkeep, 'run'>;
  readonly retention: Pick<Retention, 'run' | 'dropServedFeeds'>;
  /** Ends the retirements of user keys whose time is over, and returns their number. */
  readonly releaseUsers: (run: { now: Date; signal: AbortSignal }) => Promise<number>;
  readonly learning: Pick<LearningRun, 'run'>;
  readonly collaborative: Pick<CollaborativeRun, 'run'>;
  readonly vectors: Pick<VectorRun, 'run'>;
  readonly pollerOf: (source: SourceConfig) => Pick<MarketPoller, 'poll'>;
}): Job[] {
  const {
    config,
    computations,
    snapshots,
    upkeep,
    retention,
    releaseUsers,
    learning,
    collaborative,
    vectors,
    pollerOf,
  } = deps;
  const { refreshSeconds } = config.trending;
  return [
    trendJob({
      name: 'trends',
      description: 'Computes the trending score of each market, globally and per country.',
      intervalSeconds: refreshSeconds,
      counted: 'scopes',
      compute: (options) => computations.trends(options),
    }),
    trendJob({
      name: 'momentum',
      description: 'Computes recent changes of each market: views, trades, odds, volume, participants.',
      intervalSeconds: refreshSeconds,
      counted: 'markets',
      compute: (options) => computations.momentum(options),
    }),
    trendJob({
      name: 'attention',
      description: 'Counts impressions and opens of each market over a week, and computes its popularity.',
      intervalSeconds: TEN_MINUTES,
      counted: 'markets',
      compute: (options) => computations.attention(options),
    }),
    {
      name: 'learning',
      description:
        'Counts the choices of all users and the explored impressions, learns from them, and publishes a version of the model.',
      intervalSeconds: PUBLISH_EVERY_MS / SECOND_MS,
      run: async (run) => {
        const { engagements, steps, explored, version } = await learning.run(run);
        const outcome = version === null ? 'nothing published' : `version ${version} published`;
        return `${engagements} engagements, ${steps} steps, ${explored} explored impressions, ${outcome}`;
      },
    },
    {
      name: 'collaborative',
      description:
        'Trains collaborative filtering from the stored engagements, and publishes a version of it.',
      intervalSeconds: config.learning.collaborative.intervalHours * HOUR,
      run: async (run) => {
        const trained = await collaborative.run(run);
        if (trained === null) return 'nothing to train: the method is off, or there are no engagements';
        const { users, markets, pairs, iterations, version } = trained;
        const outcome = version === null ? 'nothing published' : `version ${version} published`;
        const counts = `${users} users, ${markets} markets, ${pairs} pairs`;
        return `${counts}${iterations > 0 ? `, ${iterations} iterations` : ''}, ${outcome}`;
      },
    },
    {
      name: 'snapshots',
      description: 'Downsamples market snapshots: hourly after 48 hours, daily after 30 days.',
      intervalSeconds: HOUR,
      run: async ({ now, signal }) => {
        const { removed, kept } = await downsampleSnapshots({ snapshots, now, signal });
        return `${removed} snapshots removed, ${kept} kept`;
      },
    },
    {
      name: 'served-feeds',
      description: 'Drops served feeds after the paging and explanation retention.',
      intervalSeconds: TEN_MINUTES,
      run: async ({ now, signal }) => {
        const { dropped, postponed } = await retention.dropServedFeeds(now, signal);
        // The next run, ten minutes later, drops a partition that is in use now.
        return `${dropped.length} partitions dropped, ${postponed.length} postponed`;
      },
    },
    {
      name: 'profile-upkeep',
      description:
        'Removes decayed affinity, old impressions and expired hides from the profiles of inactive users.',
      intervalSeconds: DAY,
      run: async (run) => {
        const { examined, changed, removedTopics, unreadable } = await upkeep.run(run);
        return `${examined} profiles examined, ${changed} changed, ${removedTopics} topics removed, ${unreadable} profiles unreadable`;
      },
    },
    {
      name: 'retention',
      description: 'Drops old events by whole months, and removes old client event ids.',
      intervalSeconds: DAY,
      run: async (run) => {
        const { droppedPartitions, postponedPartitions, removedClientEvents } = await retention.run(run);
        if (postponedPartitions.length > 0) {
          throw new Error(
            `These partitions were in use and could not be dropped: ${postponedPartitions.join(', ')}.`,
          );
        }
        const dropped = droppedPartitions.length === 0 ? 'nothing' : droppedPartitions.join(', ');
        return `${dropped} dropped, ${removedClientEvents} client event ids removed`;
      },
    },
    {
      name: 'user-keys',
      description:
        'Unblocks the keys of erased users, and removes the aliases of merged users, after their time.',
      intervalSeconds: HOUR,
      run: async (run) => `${await releaseUsers(run)} keys released`,
    },
    ...(config.textVectors.enabled ? [vectorJob(vectors)] : []),
    ...config.sources.map((source) => pollJob(source, pollerOf(source))),
  ];
}

/** Share of a period that one run may spend building roll-ups, so that the next run soon continues. */
const BUILD_SHARE = 0.8;

function trendJob({
  counted,
  compute,
  ...job
}: Pick<Job, 'name' | 'description' | 'intervalSeconds'> & {
  /** What the computation counts, in the plural. */
  readonly counted: string;
  readonly compute: (options: { signal: AbortSignal; budgetMs: number }) => Promise<ComputationResult>;
}): Job {
  const budgetMs = BUILD_SHARE * job.intervalSeconds * 1_000;
  return {
    ...job,
    run: async ({ signal }) => {
      const result = await compute({ signal, budgetMs });
      switch (result.state) {
        case 'computed':
          return `${result.count} ${counted}`;
        case 'building':
          return result.share === null
            ? 'counting a backlog of new events'
            : `building the roll-up: ${Math.floor(100 * result.share)}% of the window is counted`;
        case 'busy':
          throw new Error('Another process is running this computation.');
      }
    },
  };
}

function vectorJob(vectors: Pick<VectorRun, 'run'>): Job {
  return {
    name: 'text-vectors',
    description: 'Computes text vectors of new and changed titles.',
    intervalSeconds: MINUTE,
    run: async (run) => {
      const { encoded, removed } = await vectors.run(run);
      const outcome = encoded === null ? 'the packages are not installed' : `${encoded} titles encoded`;
      return `${outcome}, ${removed} vectors removed`;
    },
  };
}

function pollJob(
  source: Pick<SourceConfig, 'name' | 'format' | 'everySeconds'>,
  poller: Pick<MarketPoller, 'poll'>,
): Job {
  return {
    name: `poll-${source.name}`,
    description: `Polls the source "${source.name}" (${source.format}) and updates the catalog.`,
    intervalSeconds: source.everySeconds,
    // The poller backs off by itself.
    retries: 0,
    run: async ({ signal }) => {
      const summary = await poller.poll(signal);
      if ('skippedUntil' in summary) {
        throw new Error(`Backing off until ${summary.skippedUntil.toISOString()}. ${summary.failure}`);
      }
      const { pages, unchangedPages, created, updated, unchanged, rejected, closed, truncated } = summary;
      const { repaired, placeholders } = summary;
      return (
        `${pages} pages, ${unchangedPages} of them unchanged; ${created} markets created, ${updated} updated, ` +
        `${unchanged} unchanged, ${rejected} rejected, ${closed} closed` +
        (repaired > 0 ? `; ${repaired} with a repaired or dropped field` : '') +
        (placeholders > 0 ? `; ${placeholders} placeholders skipped` : '') +
        (truncated ? '; the list is longer than maxPages' : '')
      );
    },
  };
}
