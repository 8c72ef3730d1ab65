import type { Catalogue } from '../catalogue/catalogue.js';
import { toScoringMarket } from '../catalogue/catalogue-snapshot.js';
import type { Market } from '../catalogue/market.js';
import type { Clock } from '../config/clock.js';
import type { RankingConfig } from '../config/ranking-schema.js';
import { checkInput } from '../input/check-input.js';
import type { Logger } from '../observability/logger.js';
import type { ProfileState } from '../profiles/profile-service.js';
import { scoringUser } from '../profiles/scoring-user.js';
import type { TrendService } from '../trends/trend-service.js';
import type { RankingContext, ScoredCandidate } from './candidate.js';
import { describedMarket } from './described-market.js';
import type { Feed, RankedMarket, Ranking } from './feed.js';
import { feedPipeline } from './feed-pipeline.js';
import { feedRequest } from './feed-request.js';
import { profileInTime } from './profile-in-time.js';
import { rankCandidates } from './rank-candidates.js';
import { rankRequest } from './rank-request.js';

/** Reads one person's profile; reads of the same moment may be batched. */
export type LoadProfile = (userKey: string) => Promise<ProfileState>;

/** The two ways to get a ranking: a composed feed, or given markets in order. */
export class FeedService {
  constructor(
    private readonly parts: {
      catalogue: Pick<Catalogue, 'snapshot' | 'findByIds'>;
      trends: Pick<TrendService, 'reader'>;
      config: RankingConfig['feed'];
      clock: Clock;
      newId: () => string;
      logger: Logger;
    },
  ) {}

  /**
   * The markets that this person should see now.
   *
   * @throws {BellwetherError} BAD_USER_INPUT naming the field.
   */
  async feed(input: unknown, loadProfile: LoadProfile): Promise<Feed> {
    const { userKey = null, country = null, limit } = checkInput(feedRequest, input);
    const { context, degraded } = await this.#hydrate(userKey, country, loadProfile);
    const { hero, grid, stream } = feedPipeline(this.parts.catalogue.snapshot, context, limit);
    const placed = place([...(hero === null ? [] : [hero]), ...grid, ...stream]);
    const gridEnd = 1 + grid.length;
    return {
      id: this.parts.newId(),
      hero: placed[0] ?? null,
      grid: placed.slice(1, gridEnd),
      stream: placed.slice(gridEnd),
      personalized: context.user !== null,
      userKey,
      algorithmVersion: degraded ? 'fallback' : 'v1',
      generatedAt: new Date(context.nowMs),
      degraded,
    };
  }

  /**
   * All given markets in the order for this person, without the feed's filters and composition.
   *
   * @throws {BellwetherError} BAD_USER_INPUT naming the field.
   */
  async rank(input: unknown, loadProfile: LoadProfile): Promise<Ranking> {
    const { userKey = null, country = null, marketIds, candidates } = checkInput(rankRequest, input);
    const { context, degraded } = await this.#hydrate(userKey, country, loadProfile);
    const described = (candidates ?? []).map((candidate) => describedMarket(candidate, context.nowMs));
    const describedIds = new Set(described.map(({ id }) => id));
    const ids = [...new Set(marketIds)].filter((id) => !describedIds.has(id));
    const found = await this.parts.catalogue.findByIds(ids);
    const markets = new Map<string, Market>();
    for (const market of [...found, ...described]) if (market !== undefined) markets.set(market.id, market);
    const ranked = rankCandidates(
      [...markets.values()].map((market) => ({
        market,
        scoring: toScoringMarket(market),
        resolvesAtMs: market.resolvesAt?.getTime() ?? Infinity,
      })),
      context,
    );
    return {
      rankedMarkets: place(ranked),
      unknownMarketIds: ids.filter((_, index) => found[index] === undefined),
      personalized: context.user !== null,
      algorithmVersion: degraded ? 'fallback' : 'v1',
    };
  }

  /** Everything that the synchronous stages need and that has to be waited for. */
  async #hydrate(
    userKey: string | null,
    askedCountry: string | null,
    loadProfile: LoadProfile,
  ): Promise<{ context: RankingContext; degraded: boolean }> {
    const { trends, config, clock, logger } = this.parts;
    const { profile, failed } =
      userKey === null
        ? { profile: null, failed: false }
        : await profileInTime(() => loadProfile(userKey), config.profileTimeoutMs, logger);
    const nowMs = clock();
    const country = askedCountry ?? profile?.country ?? null;
    const user = profile === null ? null : scoringUser(profile, nowMs);
    const context = { nowMs, country, profile, user, trendOf: trends.reader(country) };
    return { context, degraded: failed };
  }
}

function place(ranked: readonly ScoredCandidate[]): RankedMarket[] {
  return ranked.map(({ candidate, scores }, index) => ({
    rank: index + 1,
    score: scores.final,
    scores,
    market: candidate.market,
  }));
}
