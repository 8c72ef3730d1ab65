import { z } from 'zod';
import { toEntry } from '../catalog/catalog-snapshot.js';
import type { Catalog } from '../catalog/catalog.js';
import type { RankingConfig } from '../config/schema/ranking-schema.js';
import type { Market } from '../domain/market.js';
import type { FullProfile } from '../domain/profile.js';
import { takeTurn } from '../lib/event-loop.js';
import { DAY_MS, MINUTE_MS, SECOND_MS } from '../lib/time.js';
import { decayConfig } from '../profiles/profile-decay.js';
import { userFeaturesV2 } from '../profiles/user-features.js';
import { NO_EXPLORATION, rewardRate } from '../scoring/exploration/arms.js';
import {
  linearContext,
  linearFeatures,
  marketTopics,
  marketVector,
} from '../scoring/exploration/linear-features.js';
import type { FeedImpression } from '../storage/events/learning-event-repository.js';
import type { Store } from '../storage/store.js';
import type { StoredEvidence } from './exploration-codec.js';
import { ExplorationStatistics, type ExploredImpression } from './exploration-statistics.js';

/** Impressions per read. */
const BATCH = 2_000;

/**
 * Impressions per batch that the linear model learns from, at most, evenly distributed. Each reads the history of a user.
 */
const LINEAR_PER_BATCH = 200;

/** Transactions that may still commit an event with a lower `seq` take less. */
const SETTLED_AFTER_MS = 30 * SECOND_MS;

/** Impressions of earlier feeds are not counted, because the feeds are no longer stored. */
const MAX_BACKLOG_MS = DAY_MS;

/** Time after which a run ends with what it has; the next run continues. */
const RUN_WITHIN_MS = 2 * MINUTE_MS;

const LINEAR_POLICIES: readonly string[] = ['linUcb', 'linThompson'] satisfies Policy[];

type Policy = RankingConfig['feed']['exploration']['policy'];

const uuid = z.guid();

/** What the run reads of a served feed. */
export interface ExploredPage {
  readonly country: string | null;
  /** Whether the ranking depended on the user. */
  readonly personalized: boolean;
  /** Numbers of the explored markets. */
  readonly explored: readonly number[];
}

interface ServedPage extends Omit<ExploredPage, 'explored'> {
  readonly userKey: string | null;
  readonly servedAtMs: number;
  readonly explored: ReadonlySet<string>;
}

type ExploredEvent = FeedImpression & { readonly served: ServedPage };

/** The result of a run; null if no impression was read. */
export interface ExplorationSummary extends StoredEvidence {
  /** Number of explored impressions that were counted. */
  readonly explored: number;
}

/**
 * Counts the impressions of explored markets and their rewards. Of several impressions of a market in one feed, the first
 * counts. Its reward is 1 if the same user engages with the market within `rewardMinutes`, so it is counted after this time.
 */
export class ExplorationRun {
  constructor(
    private readonly deps: {
      readonly store: Pick<Store, 'learningEvents' | 'servedFeeds' | 'profiles'>;
      readonly catalog: Pick<Catalog, 'snapshot' | 'findByIds'>;
      readonly config: RankingConfig;
      /** Decodes a stored page; null if it is in an unknown format. */
      readonly readPage: (page: Uint8Array, servedAt: Date) => ExploredPage | null;
    },
  ) {}

  async run(
    before: StoredEvidence | null,
    { now, signal }: { now: Date; signal: AbortSignal },
  ): Promise<ExplorationSummary | null> {
    const { store, catalog, config } = this.deps;
    const { rewardMinutes, halfLifeDays } = config.feed.exploration;
    const nowMs = now.getTime();
    const statistics = new ExplorationStatistics(
      before?.evidence ?? NO_EXPLORATION,
      before?.atMs ?? nowMs,
      ...([nowMs, halfLifeDays * DAY_MS] as const),
    );
    const settledBefore = new Date(nowMs - rewardMinutes * MINUTE_MS - SETTLED_AFTER_MS);
    let seq = await this.#firstSeq(before, nowMs);
    const counting = new Counting(this.deps, statistics);
    const startedMs = performance.now();
    let read = 0;
    while (!signal.aborted && performance.now() - startedMs < RUN_WITHIN_MS) {
      const batch = await store.learningEvents.feedImpressionsAfter(seq, settledBefore, BATCH);
      await counting.take(batch);
      read += batch.length;
      seq = batch.at(-1)?.seq ?? seq;
      if (batch.length < BATCH) break;
    }
    signal.throwIfAborted();
    if (read === 0) return null;
    const { byId } = catalog.snapshot;
    const evidence = statistics.evidence((id) => byId.has(id));
    return { evidence, seq, atMs: nowMs, explored: counting.count };
  }

  /** Returns the position after which impressions are read: that of the evidence, unless it is older than a day. */
  async #firstSeq(before: StoredEvidence | null, nowMs: number): Promise<bigint> {
    const sinceMs = nowMs - MAX_BACKLOG_MS;
    if (before !== null && before.atMs >= sinceMs) return before.seq;
    const first = await this.deps.store.learningEvents.seqBefore(new Date(sinceMs));
    return before !== null && before.seq > first ? before.seq : first;
  }
}

/** The counting of one run. */
class Counting {
  count = 0;
  /** Profiles as folded for an impression, from which the next one of the user continues. */
  readonly #folded = new Map<string, { readonly state: FullProfile; readonly seq: bigint }>();

  constructor(
    private readonly deps: ConstructorParameters<typeof ExplorationRun>[0],
    private readonly statistics: ExplorationStatistics,
  ) {}

  async take(batch: readonly FeedImpression[]): Promise<void> {
    const { store, config } = this.deps;
    const { rewardMinutes, policy } = config.feed.exploration;
    const explored = await this.#exploredOf(batch);
    if (explored.length === 0) return;
    const outcomes = await store.learningEvents.outcomesOf(explored, rewardMinutes * MINUTE_MS);
    const first = explored.flatMap((event, index) => {
      const outcome = outcomes[index];
      return outcome === undefined || outcome.isRepeated ? [] : [{ event, isRewarded: outcome.isRewarded }];
    });
    const markets = LINEAR_POLICIES.includes(policy)
      ? await this.#marketsOf(first)
      : new Map<string, Market>();
    const stride = Math.max(1, Math.ceil(first.length / LINEAR_PER_BATCH));
    for (const [index, { event, isRewarded }] of first.entries()) {
      const { marketId, occurredAt } = event;
      const impression = { marketId, atMs: occurredAt.getTime(), isRewarded };
      const market = index % stride === 0 ? markets.get(marketId) : undefined;
      if (market !== undefined) await this.#addLinear(event, market, impression);
      this.statistics.add(impression);
      this.count += 1;
    }
  }

  /** Returns the impressions of explored markets, each of a feed once. */
  async #exploredOf(batch: readonly FeedImpression[]): Promise<ExploredEvent[]> {
    const pages = await this.#pagesOf(batch);
    const seen = new Set<string>();
    return batch.flatMap((event) => {
      const served = pages.get(event.feedId.toLowerCase());
      const isOwn = served?.userKey === null || served?.userKey === event.userKey;
      const key = `${event.feedId} ${event.userKey} ${event.marketId}`;
      if (served === undefined || !isOwn || !served.explored.has(event.marketId) || seen.has(key)) return [];
      seen.add(key);
      return [{ ...event, served }];
    });
  }

  async #pagesOf(batch: readonly FeedImpression[]): Promise<Map<string, ServedPage>> {
    const { store, readPage } = this.deps;
    const ids = new Set(batch.map(({ feedId }) => feedId.toLowerCase()));
    const stored = await store.servedFeeds.findAll([...ids].filter((id) => uuid.safeParse(id).success));
    const pages = stored.flatMap(({ page, ...feed }) => {
      const read = page === null ? null : readPage(page, feed.servedAt);
      return read === null || read.explored.length === 0 ? [] : [{ ...feed, ...read }];
    });
    const numbers = new Set(pages.flatMap(({ explored }) => explored));
    const idOf = await store.servedFeeds.marketIds([...numbers]);
    return new Map(
      pages.map(({ feedId, servedAt, explored, ...page }) => [
        feedId,
        {
          ...page,
          servedAtMs: servedAt.getTime(),
          explored: new Set(explored.flatMap((number) => idOf.get(number) ?? [])),
        },
      ]),
    );
  }

  async #marketsOf(explored: readonly { readonly event: ExploredEvent }[]): Promise<Map<string, Market>> {
    const ids = [...new Set(explored.map(({ event }) => event.marketId))];
    const found = await this.deps.catalog.findByIds(ids);
    return new Map(found.flatMap((market) => (market === undefined ? [] : [[market.id, market]])));
  }

  /** The features are as of the feed: the profile before the impression, and the rate of the arm before it is counted. */
  async #addLinear(event: ExploredEvent, market: Market, impression: ExploredImpression): Promise<void> {
    const { config } = this.deps;
    const { served, userKey, seq } = event;
    const { servedAtMs, country, personalized } = served;
    const isPersonal = personalized && served.userKey === userKey;
    const profile = isPersonal ? await this.#profileBefore(userKey, seq) : null;
    await takeTurn();
    const user = profile === null ? null : userFeaturesV2(profile, servedAtMs, decayConfig(config));
    const { exploration } = config.feed;
    const topics = marketTopics(toEntry(market).scoring);
    const rate = rewardRate(this.statistics.armOf(market.id), exploration);
    const ageMs = servedAtMs - market.createdAt.getTime();
    this.statistics.addLinear(
      linearFeatures(
        linearContext(user?.topics ?? [], country, servedAtMs),
        marketVector(topics, ageMs, rate, exploration.priorClickRate),
      ),
      impression,
    );
  }

  async #profileBefore(userKey: string, seq: bigint): Promise<FullProfile> {
    const folded = await this.deps.store.profiles.foldBefore(userKey, seq, this.#folded.get(userKey));
    this.#folded.set(userKey, folded);
    return folded.state;
  }
}
