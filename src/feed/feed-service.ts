import type { Catalog } from '../catalog/catalog.js';
import { toEntry } from '../catalog/catalog-snapshot.js';
import type { LoadedConfig } from '../config/live-config.js';
import type { Clock } from '../lib/clock.js';
import { BellwetherError } from '../lib/errors.js';
import { checkInput } from '../lib/input/check-input.js';
import { takeTurn } from '../lib/event-loop.js';
import { MINUTE_MS } from '../lib/time.js';
import { feedSections } from '../scoring/v1/page-layout.js';
import type { TrendService } from '../trends/trend-service.js';
import type {
  AlgorithmVersion,
  ComposedFeed,
  Feed,
  FeedPage,
  RankedMarket,
  Ranking,
  ScoredMarket,
} from './feed.js';
import { isHidden } from './filters/hidden.js';
import type { Hydrator } from './hydrators/hydrator.js';
import { pastMarkets } from './hydrators/past-markets.js';
import { composeFeed, PIPELINES } from './pipeline.js';
import { itemsAt } from './present.js';
import { isPersonalized, type RankingInputs } from './ranking-inputs.js';
import { describedMarket, feedPageRequest, feedRequest, rankRequest } from './requests.js';
import { chooseAlgorithm } from './rollout.js';
import { rankMarkets } from './scorers/given-markets.js';
import { servedPositions, toServedFeed, type ServedFeed } from './served/served-feed.js';
import type { ServedEvent } from './side-effects/after-serving.js';
import type { RankingWorkspace } from './workspace.js';

/** The user and country of a request; null if it names none. */
export interface Visitor {
  readonly userKey: string | null;
  readonly country: string | null;
  /** Overrides the ranking that the config selects. */
  readonly algorithm: 'v1' | 'v2' | null;
}

/** Serves feeds, their continuations, and rankings of given markets. */
export class FeedService {
  constructor(
    private readonly deps: {
      catalog: Pick<Catalog, 'snapshot' | 'pastMarket'>;
      trends: Pick<TrendService, 'state'>;
      hydrator: Hydrator;
      workspace: RankingWorkspace;
      config: () => LoadedConfig;
      /** False: feeds do not depend on the user, whatever the config says. */
      personalizationEnabled: boolean;
      servedFeeds: { find(feedId: string): Promise<ServedFeed | undefined> };
      /** Runs the side effects of a feed before it is returned; must not wait. */
      onServed: (event: ServedEvent) => void;
      clock: Clock;
      newId: () => string;
    },
  ) {}

  /**
   * Returns the feed of a user, or the feed of everyone without a userKey.
   *
   * @throws {BellwetherError} BAD_USER_INPUT naming the field.
   */
  async feed(input: unknown): Promise<Feed> {
    const { userKey = null, country = null, algorithm = null, limit } = checkInput(feedRequest, input);
    const { inputs, degraded } = await this.inputsFor({ userKey, country, algorithm }, limit);
    const composed = composeFeed(inputs, this.deps.workspace);
    const feed = this.#toFeed(composed, inputs, degraded);
    this.deps.onServed({ feed, served: toServedFeed(feed, composed, inputs), inputs });
    return feed;
  }

  /**
   * Returns a continuation of a feed in the order of its ranking, without repeats or gaps whatever changed since. Markets
   * that the user has hidden since leave their positions empty. The scores are current; the order is not.
   *
   * @throws {BellwetherError} BAD_USER_INPUT naming the field; NOT_FOUND for an unknown or expired feed; UNAVAILABLE if it
   *   cannot be read.
   */
  async page(input: unknown): Promise<FeedPage> {
    const { feedId, after, first } = checkInput(feedPageRequest, input);
    const served = await this.deps.servedFeeds.find(feedId);
    const { config } = this.deps.config();
    const nowMs = this.deps.clock();
    const isPageable = served != null && nowMs - served.nowMs <= config.feed.keepMinutes * MINUTE_MS;
    if (!isPageable || served.rest === null) {
      throw BellwetherError.notFound(
        'feedId',
        `The feed is unknown or older than ${config.feed.keepMinutes} minutes. Request a new feed.`,
      );
    }
    const from = after ?? served.page.length;
    // The scores of one response are all current, so stored ones are not used.
    const positions = servedPositions(served, from, first).map((position) => ({ ...position, score: null }));
    const visitor = { userKey: served.userKey, country: served.country, algorithm: served.algorithm };
    const [{ inputs: current }, found] = await Promise.all([
      this.inputsFor(visitor, served.limit),
      this.deps.hydrator.markets(positions.map(({ marketId }) => marketId)),
    ]);
    await takeTurn();
    // An explicit algorithm bypasses the rollout, which may have assigned the global ranking.
    const inputs = { ...current, personal: current.personal && served.personal };
    const visible = [...found.byId.values()].filter(({ market }) => !isHidden(inputs.profile, market.id));
    const ranked = rankMarkets(visible, inputs, this.deps.workspace);
    return {
      feedId,
      items: itemsAt(positions, ranked, inputs),
      hasMore: from + positions.length < served.page.length + served.rest.length,
    };
  }

  /**
   * Returns all given markets in order for a user, without the filters and the selection of a feed.
   *
   * @throws {BellwetherError} BAD_USER_INPUT naming the field.
   */
  async rank(input: unknown): Promise<Ranking> {
    const {
      userKey = null,
      country = null,
      algorithm = null,
      marketIds,
      candidates,
    } = checkInput(rankRequest, input);
    const describedIds = new Set(candidates?.map(({ id }) => id));
    const ids = [...new Set(marketIds)].filter((id) => !describedIds.has(id));
    const [{ inputs, degraded: withoutProfile }, stored] = await Promise.all([
      this.inputsFor({ userKey, country, algorithm }, ids.length),
      this.deps.hydrator.markets(ids),
    ]);
    await takeTurn();
    const described = (candidates ?? []).map((candidate) => describedMarket(candidate, inputs.nowMs));
    const describedById = new Map(described.map((market) => [market.id, toEntry(market)]));
    const markets = [...stored.byId.values(), ...describedById.values()];
    const ranked = rankMarkets(markets, inputs, this.deps.workspace);
    const degraded = withoutProfile || stored.degraded;
    return {
      rankedMarkets: ranked.map(rankedMarket),
      unknownMarketIds: ids.filter((id) => !stored.byId.has(id)),
      personalized: isPersonalized(inputs),
      algorithmVersion: versionOf(inputs, degraded),
      degraded,
    };
  }

  /** Returns the inputs of a ranking, and whether one of them could not be read in time. */
  async inputsFor(
    { userKey, country, algorithm }: Visitor,
    limit: number,
  ): Promise<{ inputs: RankingInputs; degraded: boolean }> {
    const { catalog, trends, hydrator, clock, personalizationEnabled } = this.deps;
    const { config, version } = this.deps.config();
    const choice = chooseAlgorithm(config.ranking, userKey, algorithm);
    const { hydrate, source } = PIPELINES[choice.algorithm];
    // With personalization off, no profile is read. Users in the holdout keep their hidden markets.
    const isOff = !config.ranking.personalization || !personalizationEnabled;
    const reading = userKey === null || isOff ? null : await hydrator.profile(userKey, hydrate);
    const profile = reading === null || reading.failed ? null : reading.value;
    await takeTurn();
    const snapshot = source.candidates(catalog);
    const inputs = {
      nowMs: clock(),
      userKey,
      country: country ?? profile?.country ?? null,
      profile,
      algorithm: choice.algorithm,
      personal: choice.personal && personalizationEnabled,
      limit,
      snapshot,
      past: pastMarkets(profile, snapshot, catalog.pastMarket),
      trends: trends.state,
      config,
      configVersion: version,
    };
    return { inputs, degraded: reading?.failed === true };
  }

  #toFeed({ items }: ComposedFeed, inputs: RankingInputs, degraded: boolean): Feed {
    // Selection puts the hero first.
    const { hero, grid, stream } = feedSections(items, () => true);
    return {
      id: this.deps.newId(),
      ...{ hero, grid, stream, degraded },
      personalized: isPersonalized(inputs),
      userKey: inputs.userKey,
      algorithmVersion: versionOf(inputs, degraded),
      configVersion: inputs.configVersion,
      generatedAt: new Date(inputs.nowMs),
    };
  }
}

function versionOf({ algorithm }: RankingInputs, degraded: boolean): AlgorithmVersion {
  return degraded ? 'fallback' : algorithm;
}

function rankedMarket({ candidate, scores }: ScoredMarket, index: number): RankedMarket {
  return { rank: index + 1, score: scores.final, scores, market: candidate.market };
}
