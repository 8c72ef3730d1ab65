import type { Catalogue } from '../catalogue/catalogue.js';
import { toEntry } from '../catalogue/catalogue-snapshot.js';
import type { Clock } from '../config/clock.js';
import type { RankingConfig } from '../config/ranking-schema.js';
import { checkInput } from '../input/check-input.js';
import type { Logger } from '../observability/logger.js';
import type { ProfileState } from '../profiles/profile-service.js';
import { scoringUser } from '../profiles/scoring-user.js';
import type { TrendService } from '../trends/trend-service.js';
import { Breaker, type Reading } from './breaker.js';
import type { Candidate, RankingContext, ScoredCandidate } from './candidate.js';
import { describedMarket } from './described-market.js';
import type { Feed, RankedMarket, Ranking } from './feed.js';
import { feedPipeline } from './feed-pipeline.js';
import { feedRequest } from './feed-request.js';
import { inTime } from './in-time.js';
import { rankCandidates } from './rank-candidates.js';
import { rankRequest } from './rank-request.js';
import { trendingList, trendingRequest, type Trending } from './trending-list.js';

/** Reads one person's profile; reads of the same moment may be batched. */
export type LoadProfile = (userKey: string) => Promise<ProfileState>;

/** What to show: a composed feed, given markets in order, or what many people do. */
export class FeedService {
  readonly #profiles: Breaker;
  readonly #markets: Breaker;

  constructor(
    private readonly parts: {
      catalogue: Pick<Catalogue, 'snapshot' | 'findByIds'>;
      trends: Pick<TrendService, 'reader' | 'scopeFor'>;
      /** A profile that is in memory and can be used as it is, which costs no reading. */
      heldProfile: (userKey: string) => ProfileState | undefined;
      config: RankingConfig['feed'];
      clock: Clock;
      newId: () => string;
      logger: Logger;
    },
  ) {
    const { clock, logger } = parts;
    this.#profiles = new Breaker({ name: 'profiles', clock, logger });
    this.#markets = new Breaker({ name: 'markets that are not open', clock, logger });
  }

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
    const describedIds = new Set(candidates?.map(({ id }) => id));
    const ids = [...new Set(marketIds)].filter((id) => !describedIds.has(id));
    const [{ context, degraded: withoutProfile }, stored] = await Promise.all([
      this.#hydrate(userKey, country, loadProfile),
      this.#stored(ids),
    ]);
    const described = (candidates ?? []).map((candidate) => describedMarket(candidate, context.nowMs));
    const describedById = new Map(described.map((market) => [market.id, toEntry(market)]));
    const ranked = rankCandidates([...stored.byId.values(), ...describedById.values()], context);
    const degraded = withoutProfile || stored.degraded;
    return {
      rankedMarkets: place(ranked),
      unknownMarketIds: ids.filter((id) => !stored.byId.has(id)),
      personalized: context.user !== null,
      algorithmVersion: degraded ? 'fallback' : 'v1',
      degraded,
    };
  }

  /**
   * The strongest markets, highest first: in a country when its own trend is in use, else of everyone.
   *
   * @throws {BellwetherError} BAD_USER_INPUT naming the field.
   */
  trending(input: unknown): Trending {
    const { country = null, limit } = checkInput(trendingRequest, input);
    const { catalogue, trends } = this.parts;
    return trendingList(trends.scopeFor(country), catalogue.snapshot, this.#contextOf(country, null), limit);
  }

  /** Everything that the synchronous stages need and that has to be waited for. */
  async #hydrate(
    userKey: string | null,
    askedCountry: string | null,
    loadProfile: LoadProfile,
  ): Promise<{ context: RankingContext; degraded: boolean }> {
    const reading = userKey === null ? null : await this.#profile(userKey, loadProfile);
    const profile = reading === null || reading.failed ? null : reading.value;
    const country = askedCountry ?? profile?.country ?? null;
    return { context: this.#contextOf(country, profile), degraded: reading?.failed === true };
  }

  async #profile(userKey: string, loadProfile: LoadProfile): Promise<Reading<ProfileState>> {
    const held = this.parts.heldProfile(userKey);
    if (held !== undefined) return { failed: false, value: held };
    return this.#profiles.read(() => inTime(() => loadProfile(userKey), this.parts.config.profileTimeoutMs));
  }

  /** The markets that there are, from memory and, those not open, from the store. */
  async #stored(ids: readonly string[]): Promise<{ byId: Map<string, Candidate>; degraded: boolean }> {
    const { catalogue, config } = this.parts;
    const held = catalogue.snapshot.byId;
    const byId = new Map<string, Candidate>();
    for (const id of ids) {
      const entry = held.get(id);
      if (entry !== undefined) byId.set(id, entry);
    }
    const others = ids.filter((id) => !byId.has(id));
    if (others.length === 0) return { byId, degraded: false };
    const reading = await this.#markets.read(() =>
      inTime(() => catalogue.findByIds(others), config.profileTimeoutMs),
    );
    if (reading.failed) return { byId, degraded: true };
    for (const market of reading.value) if (market !== undefined) byId.set(market.id, toEntry(market));
    return { byId, degraded: false };
  }

  #contextOf(country: string | null, profile: ProfileState | null): RankingContext {
    const nowMs = this.parts.clock();
    const user = profile === null ? null : scoringUser(profile, nowMs);
    return { nowMs, country, profile, user, trends: this.parts.trends.reader(country) };
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
