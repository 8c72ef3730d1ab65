import { toEntry } from '../catalog/catalog-snapshot.js';
import type { LoadedConfig } from '../config/live-config.js';
import type { Clock } from '../lib/clock.js';
import { checkInput } from '../lib/input/check-input.js';
import { takeTurn } from '../lib/event-loop.js';
import { MINUTE_MS } from '../lib/time.js';
import type { AliasUse, UserRegister } from '../privacy/user-register.js';
import type { FeedReaders } from '../storage/served-feed-repository.js';
import type {
  Feed,
  FeedItem,
  FeedItemConnection,
  FeedSection,
  RankedItem,
  Ranking,
  RankingFacts,
} from './feed.js';
import { toFeedItem, type FeedId } from './feed-identity.js';
import { CurrentFeeds, type CurrentFeed } from './current-feeds.js';
import { isFallback, staleTrends, type DegradedReason } from './degraded.js';
import { rankOfCursor, toFeedItems } from './feed-items.js';
import { isHidden } from './filters/hidden.js';
import type { Hydrator } from './hydrators/hydrator.js';
import type { InputsHydrator } from './hydrators/inputs.js';
import { composeFeed } from './pipeline.js';
import { itemsAt } from './present.js';
import { isPersonalized, type RankingInputs, type RankingRequest } from './ranking-inputs.js';
import { CLOCK_STEP_MS } from './ranking-time.js';
import { describedMarket, feedIdSchema, feedItemsRequest, feedRequest, rankRequest } from './requests.js';
import { rankMarkets } from './scorers/given-markets.js';
import { servedPositions, toServedFeed, type ServedFeed } from './served/served-feed.js';
import type { ServedFeeds } from './served/served-feeds.js';
import type { ServedEvent } from './side-effects/after-serving.js';
import type { RankingWorkspace } from './workspace.js';

/** A served feed to page in. */
export interface PageableFeed extends RankingFacts {
  readonly id: string;
  readonly served: ServedFeed;
}

/** Serves feeds, their continuations, and rankings of given markets. */
export class FeedService {
  readonly #current = new CurrentFeeds();

  constructor(
    private readonly deps: {
      inputs: InputsHydrator;
      hydrator: Pick<Hydrator, 'markets'>;
      users: Pick<UserRegister, 'isActive'>;
      workspace: RankingWorkspace;
      config: () => LoadedConfig;
      servedFeeds: Pick<ServedFeeds, 'find'>;
      /** Runs the side effects of a feed before it is returned; must not wait. */
      onServed: (event: ServedEvent) => void;
      clock: Clock;
      feedId: FeedId;
    },
  ) {}

  /**
   * Returns the feed of a user, or the feed that all anonymous users of a country share. The same request gets the same feed
   * during a clock step, unless its content has changed; see `feedIdentity`.
   *
   * @throws {BellwetherError} BAD_USER_INPUT naming the field.
   */
  async feed(input: unknown, aliases: AliasUse = 'IGNORE'): Promise<Feed> {
    const { userKey = null, country = null, algorithm = null, limit } = checkInput(feedRequest, input);
    const subject = await this.deps.inputs.subjectOf(userKey, aliases);
    const request = { userKey: subject.userKey, country, algorithm, limit };
    const current = subject.isUnknown ? undefined : this.#currentFeed(request);
    if (current !== undefined) {
      this.deps.onServed({ ...current, inputs: null });
      return current.feed;
    }
    const { inputs, degradedReasons, shared } = await this.deps.inputs.forSubject(subject, request);
    const composed = composeFeed(inputs, this.deps.workspace);
    const id = this.deps.feedId(inputs, degradedReasons, composed);
    const feed = toFeed(id, composed.items, factsOf(inputs, degradedReasons));
    // The user may have opted out while the profile was read.
    if (inputs.userKey !== null && !this.deps.users.isActive(inputs.userKey)) return feed;
    const served = toServedFeed(feed, composed, inputs);
    if (!isFallback(degradedReasons)) {
      this.#current.set(request, { feed, served }, { ...shared, profile: inputs.profile });
    }
    this.deps.onServed({ feed, served, inputs });
    return feed;
  }

  /** Returns the feed of the present inputs if it is cached and so is the version of the profile. */
  #currentFeed(request: RankingRequest): CurrentFeed | undefined {
    const { inputs } = this.deps;
    const profileVersion = inputs.cachedVersion(request.userKey);
    return profileVersion === undefined
      ? undefined
      : this.#current.find(request, profileVersion, inputs.shared);
  }

  /**
   * Returns a served feed to page in; null if it is unknown, expired, or not for the readers.
   *
   * @throws {BellwetherError} UNAVAILABLE if it cannot be read.
   */
  async served(input: unknown, readers: FeedReaders): Promise<PageableFeed | null> {
    const feedId = feedIdSchema.safeParse(input);
    if (!feedId.success) return null;
    const served = await this.deps.servedFeeds.find(feedId.data, readers);
    const keepMs = this.deps.config().config.feed.keepMinutes * MINUTE_MS + CLOCK_STEP_MS;
    if (served?.rest == null || this.deps.clock() - served.nowMs > keepMs) return null;
    if (
      served.userKey !== null &&
      (await this.deps.inputs.subjectOf(served.userKey, 'IGNORE')).userKey === null
    )
      return null;
    return { id: served.feedId, ...servedFacts(served), served };
  }

  /**
   * Returns items of a feed in the order of its ranking, the hero first. Without `after`, it starts at the hero; the items
   * of the feed itself are those given, and the ones that follow are read from the served feed. If that has expired, the
   * items end with the feed.
   *
   * @throws {BellwetherError} BAD_USER_INPUT naming the field; UNAVAILABLE if the served feed cannot be read.
   */
  async itemsOf(feed: Feed, input: unknown): Promise<FeedItemConnection> {
    const { after, first } = checkInput(feedItemsRequest, input);
    const from = rankOfCursor(feed.id, after);
    const page = [...(feed.hero === null ? [] : [feed.hero]), ...feed.grid, ...feed.stream];
    const items = page.filter(({ rank }) => rank > from).slice(0, first);
    const last = items.at(-1)?.rank ?? from;
    const isFirst = after == null;
    if (items.length === first && last < (page.at(-1)?.rank ?? 0)) {
      return toFeedItems(feed.id, items, { hasMore: true, isFirst });
    }
    const continued = await this.served(feed.id, feed.userKey === null ? [] : [feed.userKey]);
    if (continued === null) return toFeedItems(feed.id, items, { hasMore: false, isFirst });
    const { served } = continued;
    const more = await this.#itemsAfter(served, Math.max(last, served.page.length), first - items.length);
    return toFeedItems(feed.id, [...items, ...more.items], { hasMore: more.hasMore, isFirst });
  }

  /**
   * Returns items of a served feed in the order of its ranking, the hero first, whatever changed since. Markets that the
   * user has hidden since and deleted ones are left out; the others keep their ranks. Items of the first page have the score
   * that they were served with; their components and reasons, and all scores of the other items, are current.
   *
   * @throws {BellwetherError} BAD_USER_INPUT naming the field; UNAVAILABLE if the feed cannot be read.
   */
  async servedItems({ served }: PageableFeed, input: unknown): Promise<FeedItemConnection> {
    const { after, first } = checkInput(feedItemsRequest, input);
    const { items, hasMore } = await this.#itemsAfter(served, rankOfCursor(served.feedId, after), first);
    return toFeedItems(served.feedId, items, { hasMore, isFirst: after == null });
  }

  async #itemsAfter(
    served: ServedFeed,
    from: number,
    first: number,
  ): Promise<{ items: FeedItem[]; hasMore: boolean }> {
    const { inputs: current } = await this.deps.inputs.forRequest(served, 'IGNORE');
    // An explicit algorithm bypasses the rollout, which may have assigned the global ranking.
    const inputs = { ...current, personal: current.personal && served.personal };
    const visible = servedPositions(served, from, Infinity).filter(
      ({ marketId }) => !isHidden(inputs.profile, marketId),
    );
    const items: RankedItem[] = [];
    let next = 0;
    // More than one round only if markets were deleted.
    while (items.length < first && next < visible.length) {
      const positions = visible.slice(next, next + first - items.length);
      next += positions.length;
      const found = await this.deps.hydrator.markets(positions.map(({ marketId }) => marketId));
      await takeTurn();
      items.push(
        ...itemsAt(positions, rankMarkets([...found.byId.values()], inputs, this.deps.workspace), inputs),
      );
    }
    return { items: items.map((item) => toFeedItem(served.feedId, item)), hasMore: next < visible.length };
  }

  /**
   * Returns all given markets in order for a user, without the filters and the selection of a feed.
   *
   * @throws {BellwetherError} BAD_USER_INPUT naming the field.
   */
  async rank(input: unknown, aliases: AliasUse = 'IGNORE'): Promise<Ranking> {
    const {
      userKey = null,
      country = null,
      algorithm = null,
      marketIds,
      candidates,
    } = checkInput(rankRequest, input);
    const describedIds = new Set(candidates?.map(({ id }) => id));
    const ids = [...new Set(marketIds)].filter((id) => !describedIds.has(id));
    const [{ inputs, degradedReasons }, stored] = await Promise.all([
      this.deps.inputs.forRequest({ userKey, country, algorithm, limit: ids.length }, aliases),
      this.deps.hydrator.markets(ids),
    ]);
    await takeTurn();
    const described = (candidates ?? []).map((candidate) => describedMarket(candidate, inputs.nowMs));
    const describedById = new Map(described.map((market) => [market.id, toEntry(market)]));
    const markets = [...stored.byId.values(), ...describedById.values()];
    const ranked = rankMarkets(markets, inputs, this.deps.workspace);
    return {
      rankedMarkets: ranked.map(({ candidate: { market }, scores }, index) => ({
        ...{ id: market.id, rank: index + 1, score: scores.final, scores },
        market: describedIds.has(market.id) ? null : market,
      })),
      unknownMarketIds: ids.filter((id) => !stored.byId.has(id)),
      ...factsOf(inputs, [
        ...degradedReasons,
        ...(stored.degraded ? (['MARKETS_UNAVAILABLE'] as const) : []),
      ]),
    };
  }

  /** Drops the feeds of users; `all`: of all users. */
  dropData(userKeys: readonly string[] | 'all'): void {
    this.#current.drop(userKeys);
  }
}

/** Returns the feed of items in page order; selection puts the hero first. */
export function toFeed(id: string, ranked: readonly RankedItem[], facts: RankingFacts): Feed {
  const items = ranked.map((item) => toFeedItem(id, item));
  const inSection = (name: FeedSection): FeedItem[] => items.filter(({ section }) => section === name);
  return {
    id,
    hero: inSection('HERO')[0] ?? null,
    grid: inSection('GRID'),
    stream: inSection('STREAM'),
    ...facts,
  };
}

/** Returns the ranking facts of a served feed. */
export function servedFacts(served: ServedFeed): RankingFacts {
  const { userKey, country, nowMs, algorithm, algorithmVersion, configVersion, modelVersion } = served;
  const { personalized, degraded } = served;
  const missing: DegradedReason[] = algorithmVersion === 'fallback' ? ['PROFILE_UNAVAILABLE'] : [];
  const generatedAt = new Date(nowMs);
  return {
    userKey,
    country,
    generatedAt,
    algorithm,
    algorithmVersion,
    configVersion,
    modelVersion,
    personalized,
    degraded,
    degradedReasons: [...missing, ...staleTrends(nowMs, served.trendsComputedAtMs)],
  };
}

function factsOf(inputs: RankingInputs, degradedReasons: readonly DegradedReason[]): RankingFacts {
  const { userKey, country, nowMs, algorithm, configVersion, model } = inputs;
  return {
    ...{ userKey, country, algorithm, configVersion, degradedReasons },
    modelVersion: algorithm === 'v1' ? null : model.version,
    degraded: degradedReasons.length > 0,
    generatedAt: new Date(nowMs),
    algorithmVersion: isFallback(degradedReasons) ? 'fallback' : algorithm,
    personalized: isPersonalized(inputs),
  };
}
