import type { Catalog } from '../catalog/catalog.js';
import { toEntry } from '../catalog/catalog-snapshot.js';
import type { Clock } from '../lib/clock.js';
import type { LoadedConfig } from '../config/live-config.js';
import { BellwetherError } from '../lib/errors.js';
import { checkInput } from '../lib/input/check-input.js';
import { takeTurn } from '../lib/take-turn.js';
import { feedSections } from '../scoring/v1/page-layout.js';
import type { TrendService } from '../trends/trend-service.js';
import type { ScoredCandidate } from './candidate.js';
import type { ComposedFeed } from './composed-feed.js';
import { describedMarket } from './described-market.js';
import type { AlgorithmVersion, Feed, FeedPage, RankedMarket, Ranking } from './feed.js';
import { composeFeed } from './feed-pipeline.js';
import { feedPageRequest, feedRequest } from './feed-request.js';
import type { Hydrator, LoadProfile } from './hydrator.js';
import { isPersonalized } from './is-personalized.js';
import { itemsAt, itemsOf, storedPlaces } from './present.js';
import { pastOf } from './past-lookup.js';
import { rankRequest } from './rank-request.js';
import type { RankersV2 } from './rankers-v2.js';
import type { RankingInputs } from './ranking-inputs.js';
import { chooseAlgorithm } from './rollout.js';
import { rankMarkets } from './score-markets.js';
import { toServedFeed, type ServedFeed } from './served-feed.js';

/** Who and where, as a request names them; null when it does not. */
export interface Visitor {
  readonly userKey: string | null;
  readonly country: string | null;
  /** The ranking to use instead of the one that the config chooses. */
  readonly algorithm: 'v1' | 'v2' | null;
}

/** What to show: a composed feed and how it goes on, or given markets in order. */
export class FeedService {
  constructor(
    private readonly deps: {
      catalog: Pick<Catalog, 'snapshot' | 'pastMarket'>;
      trends: Pick<TrendService, 'state'>;
      hydrator: Hydrator;
      v2: RankersV2;
      config: () => LoadedConfig;
      /** False: feeds do not depend on the user, whatever the config says. */
      personalizationEnabled: boolean;
      served: { find(feedId: string): Promise<ServedFeed | undefined> };
      /** Told of every feed, after it was made and before it is answered; it must not wait for anything. */
      onServed: (feed: Feed, served: ServedFeed, inputs: RankingInputs) => void;
      clock: Clock;
      newId: () => string;
    },
  ) {}

  /**
   * The markets that this person should see now.
   *
   * @throws {BellwetherError} BAD_USER_INPUT naming the field.
   */
  async feed(input: unknown, loadProfile: LoadProfile): Promise<Feed> {
    const { userKey = null, country = null, algorithm = null, limit } = checkInput(feedRequest, input);
    const { inputs, degraded } = await this.inputsFor({ userKey, country, algorithm }, limit, loadProfile);
    const composed = composeFeed(inputs, this.deps.v2);
    const feed = this.#present(composed, inputs, degraded);
    this.deps.onServed(feed, toServedFeed(feed, composed, inputs), inputs);
    return feed;
  }

  /**
   * How a feed goes on, in the ranking that was made for it: without repeat or gap, whatever changed meanwhile, but
   * for what the person has hidden since, whose places stay empty. The scores of the items are as of now; their order is not.
   *
   * @throws {BellwetherError} BAD_USER_INPUT naming the field; NOT_FOUND for a feed that is not known any more;
   *   UNAVAILABLE when it could not be read.
   */
  async page(input: unknown, loadProfile: LoadProfile): Promise<FeedPage> {
    const { feedId, after, first } = checkInput(feedPageRequest, input);
    const served = await this.deps.served.find(feedId);
    const { config } = this.deps.config();
    const nowMs = this.deps.clock();
    const isPageable = served != null && nowMs - served.nowMs <= config.feed.keepMinutes * 60_000;
    if (!isPageable || served.rest === null) {
      throw BellwetherError.notFound(
        'feedId',
        `The feed is not known, or older than ${config.feed.keepMinutes} minutes. Ask for a new one.`,
      );
    }
    const from = after ?? served.page.length;
    // Stored scores are of then: those of one response are all of now.
    const places = storedPlaces(served, from, first).map((place) => ({ ...place, score: null }));
    const visitor = { userKey: served.userKey, country: served.country, algorithm: served.algorithm };
    const [{ inputs: present }, found] = await Promise.all([
      this.inputsFor(visitor, served.limit, loadProfile),
      this.deps.hydrator.markets(places.map(({ marketId }) => marketId)),
    ]);
    // Naming the algorithm skips the rollout, which may have given the feed the global ranking.
    const inputs = { ...present, personal: present.personal && served.personal };
    const shown = [...found.byId.values()].filter(
      ({ market }) => inputs.profile?.hidden.has(market.id) !== true,
    );
    const ranked = rankMarkets(shown, inputs, this.deps.v2);
    return {
      feedId,
      items: itemsAt(places, ranked, inputs),
      hasMore: from + places.length < served.page.length + served.rest.length,
    };
  }

  /**
   * All given markets in the order for this person, without the feed's filters and composition.
   *
   * @throws {BellwetherError} BAD_USER_INPUT naming the field.
   */
  async rank(input: unknown, loadProfile: LoadProfile): Promise<Ranking> {
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
      this.inputsFor({ userKey, country, algorithm }, ids.length, loadProfile),
      this.deps.hydrator.markets(ids),
    ]);
    const described = (candidates ?? []).map((candidate) => describedMarket(candidate, inputs.nowMs));
    const describedById = new Map(described.map((market) => [market.id, toEntry(market)]));
    const ranked = rankMarkets([...stored.byId.values(), ...describedById.values()], inputs, this.deps.v2);
    const degraded = withoutProfile || stored.degraded;
    return {
      rankedMarkets: ranked.map(rankedMarket),
      unknownMarketIds: ids.filter((id) => !stored.byId.has(id)),
      personalized: isPersonalized(inputs),
      algorithmVersion: versionOf(inputs, degraded),
      degraded,
    };
  }

  /** Everything that a ranking for this visitor is a function of, and whether something could not be had. */
  async inputsFor(
    { userKey, country, algorithm }: Visitor,
    limit: number,
    loadProfile: LoadProfile,
  ): Promise<{ inputs: RankingInputs; degraded: boolean }> {
    const { catalog, trends, hydrator, clock } = this.deps;
    const { config, version } = this.deps.config();
    const { personalizationEnabled } = this.deps;
    const choice = chooseAlgorithm(config.ranking, userKey, algorithm);
    // Switched off, nothing about a person is read; people of a group that gets the ranking of everyone keep their hides.
    const isOff = !config.ranking.personalization || !personalizationEnabled;
    const part = choice.algorithm === 'v1' ? 'full' : 'hot';
    const reading = userKey === null || isOff ? null : await hydrator.profile(userKey, part, loadProfile);
    const profile = reading === null || reading.failed ? null : reading.value;
    await takeTurn();
    const inputs = {
      nowMs: clock(),
      userKey,
      country: country ?? profile?.country ?? null,
      profile,
      algorithm: choice.algorithm,
      personal: choice.personal && personalizationEnabled,
      limit,
      snapshot: catalog.snapshot,
      past: pastOf(profile, catalog.snapshot, catalog.pastMarket),
      trends: trends.state,
      config,
      configVersion: version,
    };
    return { inputs, degraded: reading?.failed === true };
  }

  #present(composed: ComposedFeed, inputs: RankingInputs, degraded: boolean): Feed {
    // The composition has put the hero first already.
    const { hero, grid, stream } = feedSections(itemsOf(composed, inputs), () => true);
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

function rankedMarket({ candidate, scores }: ScoredCandidate, index: number): RankedMarket {
  return { rank: index + 1, score: scores.final, scores, market: candidate.market };
}
