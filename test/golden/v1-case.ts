import { readFileSync } from 'node:fs';
import { diversifyFirstPage, feedSections } from '../../src/scoring/v1/page-layout.js';
import { compareRanked } from '../../src/scoring/shared/rank-order.js';
import { scorerV1 } from '../../src/scoring/v1/scorer.js';
import type { MarketTrend, RecentMarket, ScoringMarket, ScoringUser } from '../../src/scoring/v1/inputs.js';
import type { ScoreParts } from '../../src/scoring/score-parts.js';

interface FrozenMarket {
  id: string;
  category: string;
  tags: string[];
  probability: number | null;
  volume24h: number;
  volumeTotal: number;
  createdAt: string;
  resolvesAt: string | null;
  editorialBoost: number;
  imageUrl: string | null;
  trend: { global: number; local: Record<string, number>; probability24hAgo: number | null };
}

interface FrozenCatalog {
  now: string;
  localScopesInUse: string[];
  markets: FrozenMarket[];
}

interface FrozenUser {
  name: string;
  country: string | null;
  profile: {
    categoryPoints: Record<string, number>;
    tagPoints: Record<string, number>;
    recentMarkets: RecentMarket[];
    dwell: Record<string, { totalMs: number; events: number }>;
    viewProbabilities: Record<string, number | null>;
  } | null;
}

export interface RankedMarket {
  readonly rank: number;
  readonly id: string;
  readonly scores: ScoreParts;
}

/** The feed and the ranking of one user. */
export interface GoldenFeed {
  readonly user: string;
  readonly hero: string | null;
  readonly grid: readonly string[];
  readonly stream: readonly string[];
  readonly ranking: readonly RankedMarket[];
}

/** The committed results. */
export const goldenFile = new URL('v1-ranking.json', import.meta.url);

function readFrozen(name: string): unknown {
  return JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8'));
}

function toScoringMarket(market: FrozenMarket): ScoringMarket {
  const { id, category, tags, probability, volume24h, volumeTotal, editorialBoost } = market;
  return {
    id,
    category,
    tags,
    probability,
    volume24h,
    volumeTotal,
    editorialBoost,
    createdAtMs: Date.parse(market.createdAt),
    resolvesAtMs: market.resolvesAt === null ? null : Date.parse(market.resolvesAt),
  };
}

function toScoringUser(profile: FrozenUser['profile']): ScoringUser | null {
  if (profile === null) return null;
  return {
    categoryPoints: new Map(Object.entries(profile.categoryPoints)),
    tagPoints: new Map(Object.entries(profile.tagPoints)),
    recentMarkets: profile.recentMarkets,
    dwellByCategory: new Map(Object.entries(profile.dwell)),
    viewProbabilities: new Map(Object.entries(profile.viewProbabilities)),
  };
}

/** The names in the golden file, in its order. */
const frozenNames = Object.keys(readGoldenFeeds()[0]?.ranking[0]?.scores ?? {});

/**
 * Rounds to 12 significant digits, which removes only rounding errors. Components that v2 has gained since the freeze
 * are null for v1 and left out.
 */
function rounded(scores: ScoreParts): ScoreParts {
  const present = (Object.keys(scores) as (keyof ScoreParts)[]).filter((name) => scores[name] !== null);
  const names = new Set([...frozenNames, ...present]);
  return Object.fromEntries(
    Array.from(names, (name) => {
      const value = scores[name as keyof ScoreParts];
      return [name, typeof value === 'number' ? Number(value.toPrecision(12)) : value];
    }),
  ) as unknown as ScoreParts;
}

/** Computes the feeds of all users of the fixture on the frozen catalog. */
export function computeFeeds(): GoldenFeed[] {
  const catalog = readFrozen('v1-catalog.json') as FrozenCatalog;
  const users = readFrozen('v1-users.json') as FrozenUser[];
  const nowMs = Date.parse(catalog.now);

  return users.map(({ name, country, profile }) => {
    const user = toScoringUser(profile);
    const scope = country !== null && catalog.localScopesInUse.includes(country) ? country : null;
    const score = scorerV1(user, nowMs);
    const ranked = catalog.markets
      .map((market) => {
        const trend: MarketTrend = {
          trendingGlobal: market.trend.global,
          trendingLocal: scope === null ? null : (market.trend.local[scope] ?? 0),
          probability24hAgo: market.trend.probability24hAgo,
        };
        const scores = score(toScoringMarket(market), trend);
        return { id: market.id, final: scores.final, volumeTotal: market.volumeTotal, market, scores };
      })
      .sort(compareRanked);
    const ordered = diversifyFirstPage(ranked, ({ market }) => market.category);
    const { hero, grid, stream } = feedSections(ordered, ({ market }) => market.imageUrl !== null);
    return {
      user: name,
      hero: hero?.id ?? null,
      grid: grid.map(({ id }) => id),
      stream: stream.map(({ id }) => id),
      ranking: ranked.map(({ id, scores }, index) => ({ rank: index + 1, id, scores: rounded(scores) })),
    };
  });
}

/** Formats the feeds as JSON with one ranked market per line, so that a diff shows which markets moved. */
export function formatFeeds(feeds: readonly GoldenFeed[]): string {
  const texts = feeds.map(({ ranking, ...sections }) => {
    const head = Object.entries(sections).map(([key, value]) => `  "${key}": ${JSON.stringify(value)},\n`);
    const lines = ranking.map((ranked) => `    ${JSON.stringify(ranked)}`);
    return `{\n${head.join('')}  "ranking": [\n${lines.join(',\n')}\n  ]\n}`;
  });
  return `[\n${texts.join(',\n')}\n]\n`;
}

export function readGoldenFeeds(): GoldenFeed[] {
  return readFrozen('v1-ranking.json') as GoldenFeed[];
}
