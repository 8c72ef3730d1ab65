import type { Catalog } from '../catalog/catalog.js';
import { toEntry } from '../catalog/catalog-snapshot.js';
import type { LoadedConfig } from '../config/live-config.js';
import type { Clock } from '../lib/clock.js';
import { checkInput } from '../lib/input/check-input.js';
import { takeTurn } from '../lib/event-loop.js';
import { MINUTE_MS } from '../lib/time.js';
import type { AliasUse, UserRegister } from '../privacy/user-register.js';
import type { FeedReaders } from '../storage/served-feed-repository.js';
import type { RankingModel } from '../scoring/v2/ranking-model.js';
import type { TrendService } from '../trends/trend-service.js';
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
import { CurrentFeeds, type CurrentFeed, type FeedKey } from './current-feeds.js';
import { isFallback, staleTrends, type DegradedReason } from './degraded.js';
import { rankOfCursor, toFeedItems } from './feed-items.js';
import { isHidden } from './filters/hidden.js';
import type { Hydrator } from './hydrators/hydrator.js';
import { pastMarkets } from './hydrators/past-markets.js';
import { composeFeed, PIPELINES } from './pipeline.js';
import { itemsAt } from './present.js';
import { isPersonalized, type RankingInputs } from './ranking-inputs.js';
import { CLOCK_STEP_MS, rankingTime } from './ranking-time.js';
import { describedMarket, feedIdSchema, feedItemsRequest, feedRequest, rankRequest } from './requests.js';
import { chooseAlgorithm } from './rollout.js';
import { rankMarkets } from './scorers/given-markets.js';
import { servedPositions, toServedFeed, type ServedFeed } from './served/served-feed.js';
import type { ServedFeeds } from './served/served-feeds.js';
import type { ServedEvent } from './side-effects/after-serving.js';
import type { RankingWorkspace } from './workspace.js';

/** The user and country of a request; null if it names none. */
export interface Visitor {
  readonly userKey: string | null;
  readonly country: string | null;
  /** Overrides the ranking that the config selects. */
  readonly algorithm: 'v1' | 'v2' | null;
}

/** The user whose data a ranking may use; null: none. */
interface Subject {
  readonly userKey: string | null;
  /** Whether it is null because this replica does not know the choices of the user now. */
  readonly isUnknown: boolean;
}

/** The inputs of a ranking, and those that could not be read in time or are old. */
interface HydratedInputs {
  readonly inputs: RankingInputs;
  readonly degradedReasons: DegradedReason[];
}

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
      catalog: Pick<Catalog, 'snapshot' | 'pastMarket'>;
      trends: Pick<TrendService, 'state'>;
      models: { readonly current: RankingModel };
      hydrator: Hydrator;
      users: Pick<UserRegister, 'treatmentOf' | 'isActive'>;
      workspace: RankingWorkspace;
      config: () => LoadedConfig;
      /** False: feeds do not depend on the user, whatever the config says. */
      personalizationEnabled: boolean;
      servedFeeds: Pick<ServedFeeds, 'find'>;
      /** Runs the side effects of a feed before it is returned; must not wait. */
      onServed: (event: ServedEvent) => void;
      clock: Clock;
      feedId: FeedId;
    },
  ) {}

  /**
   * Returns the feed of a user, or the feed that all anonymous users of a country share. The same request gets the same feed during a
   * clock step, unless its content has changed; see {@link feedIdentity}.
   *
   * @throws {BellwetherError} BAD_USER_INPUT naming the field.
   */
  async feed(input: unknown, aliases: AliasUse = 'IGNORE'): Promise<Feed> {
    const { userKey = null, country = null, algorithm = null, limit } = checkInput(feedRequest, input);
    const subject = await this.#subjectOf(userKey, aliases);
    const request = { userKey: subject.userKey, country, algorithm, limit };
    const current = subject.isUnknown ? undefined : this.#currentFeed(request);
    if (current !== undefined) {
      this.deps.onServed({ ...current, inputs: null });
      return current.feed;
    }
    const { inputs, degradedReasons } = await this.#inputsOf(subject, request, limit);
    const composed = composeFeed(inputs, this.deps.workspace);
    const id = this.deps.feedId(inputs, degradedReasons, composed);
    const feed = toFeed(id, composed.items, factsOf(inputs, degradedReasons));
    // The user may have opted out while the profile was read.
    if (inputs.userKey !== null && !this.deps.users.isActive(inputs.userKey)) return feed;
    const served = toServedFeed(feed, composed, inputs);
    if (!isFallback(degradedReasons)) this.#current.set(request, { feed, served }, inputs);
    this.deps.onServed({ feed, served, inputs });
    return feed;
  }

  /** Returns the feed of the present inputs if it is cached and so is the version of the profile. */
  #currentFeed(request: FeedKey): CurrentFeed | undefined {
    const { catalog, trends, models, hydrator, clock } = this.deps;
    const { config, version: configVersion } = this.deps.config();
    const { userKey } = request;
    const { snapshot } = catalog;
    const profileVersion =
      userKey === null || this.#isImpersonal(config) ? null : hydrator.cachedVersion(userKey);
    if (profileVersion === undefined) return undefined;
    const nowMs = rankingTime(clock(), snapshot);
    return this.#current.find(request, profileVersion, {
      nowMs,
      snapshot,
      trends: trends.state,
      model: models.current,
      configVersion,
    });
  }

  /** Whether the config or the environment turns personalization off. Then no profile is read. */
  #isImpersonal({ ranking }: RankingInputs['config']): boolean {
    return !ranking.personalization || !this.deps.personalizationEnabled;
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
    if (served.userKey !== null && (await this.#subjectOf(served.userKey, 'IGNORE')).userKey === null)
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
    const visitor = { userKey: served.userKey, country: served.country, algorithm: served.algorithm };
    const { inputs: current } = await this.inputsFor(visitor, served.limit, 'IGNORE');
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
      this.inputsFor({ userKey, country, algorithm }, ids.length, aliases),
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

  /**
   * Returns the user whose data a ranking may use: null for an anonymous user, for one who opted out or was erased, and for an
   * ignored alias.
   */
  async #subjectOf(userKey: string | null, aliases: AliasUse): Promise<Subject> {
    if (userKey === null || this.deps.users.isActive(userKey)) return { userKey, isUnknown: false };
    const treatment = await this.deps.users.treatmentOf(userKey, aliases);
    return {
      userKey: treatment.kind === 'ACTIVE' ? treatment.userKey : null,
      isUnknown: treatment.kind === 'UNKNOWN',
    };
  }

  /** Returns the inputs of a ranking, and those that could not be read in time or are old. */
  async inputsFor(visitor: Visitor, limit: number, aliases: AliasUse): Promise<HydratedInputs> {
    return this.#inputsOf(await this.#subjectOf(visitor.userKey, aliases), visitor, limit);
  }

  async #inputsOf(
    { userKey, isUnknown }: Subject,
    { country, algorithm }: Omit<Visitor, 'userKey'>,
    limit: number,
  ): Promise<HydratedInputs> {
    const { catalog, trends, models, hydrator, clock, personalizationEnabled } = this.deps;
    const { config, version } = this.deps.config();
    const choice = chooseAlgorithm(config.ranking, userKey, algorithm);
    const { hydrate, source } = PIPELINES[choice.algorithm];
    // Users in the holdout keep their hidden markets.
    const reading =
      userKey === null || this.#isImpersonal(config) ? null : await hydrator.profile(userKey, hydrate);
    const profile = reading === null || reading.failed ? null : reading.value;
    await takeTurn();
    const snapshot = source.candidates(catalog);
    const inputs = {
      nowMs: rankingTime(clock(), snapshot),
      userKey,
      country: country ?? profile?.country ?? null,
      profile,
      algorithm: choice.algorithm,
      personal: choice.personal && personalizationEnabled,
      limit,
      snapshot,
      past: pastMarkets(profile, snapshot, catalog.pastMarket),
      trends: trends.state,
      model: models.current,
      config,
      configVersion: version,
    };
    const missing: DegradedReason[] = isUnknown || reading?.failed === true ? ['PROFILE_UNAVAILABLE'] : [];
    return {
      inputs,
      degradedReasons: [...missing, ...staleTrends(inputs.nowMs, inputs.trends.computedAtMs)],
    };
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
  const { userKey, country, nowMs, algorithm, algorithmVersion, configVersion, personalized, degraded } =
    served;
  const { modelVersion } = served;
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
