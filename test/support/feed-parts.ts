import { emptySnapshot, patchSnapshot } from '../../src/catalog/catalog-snapshot.js';
import { loadRankingConfig } from '../../src/config/ranking-config.js';
import { toPastMarket } from '../../src/catalog/columns/market-terms.js';
import { createFeeds } from '../../src/feed/create-feeds.js';
import type { Market } from '../../src/domain/market.js';
import type { FullProfile } from '../../src/domain/profile.js';
import { HOUR_MS } from '../../src/lib/time.js';
import { DEFAULT_MODEL, type RankingModel } from '../../src/scoring/v2/ranking-model.js';
import { NO_TRENDS } from '../../src/trends/trend-columns.js';
import { TrendState } from '../../src/trends/trend-state.js';
import { activeUsers } from './active-users.js';
import { recordingLogger } from './log-lines.js';
import { NOON_MS, profileAfter, profileEvent } from './profile-events.js';
import { storedMarket } from './stored-market.js';

const createdAt = new Date(NOON_MS - 1_000 * HOUR_MS);

/** Reads the profile of a user. */
type ReadProfile = (userKey: string) => Promise<FullProfile>;

/** Feed services over these markets, at noon. Volumes put the markets in the given order. */
export function feedOver(
  markets: readonly Market[],
  options: {
    globalTrend?: Record<string, number>;
    localTrend?: Record<string, number>;
    /** The result of every lookup of a market that is not in memory. */
    lookUp?: () => Promise<never>;
    /** A profile in the profile cache. */
    cached?: FullProfile;
    algorithm?: 'v1' | 'v2';
    model?: RankingModel;
    clock?: { nowMs: number };
  } = {},
) {
  const ordered = markets.map((market, index) => ({ ...market, createdAt, volumeTotal: 1_000 - index }));
  const { logger, lines } = recordingLogger();
  const lookups: string[][] = [];
  const defaults = loadRankingConfig(undefined);
  const loaded = {
    config: {
      ...defaults,
      ranking: { ...defaults.ranking, algorithm: options.algorithm ?? 'v1' },
      feed: { ...defaults.feed, profileTimeoutMs: 10 },
    },
    version: 'test',
    loadedAt: new Date(NOON_MS),
  };
  const scopes = new Map<string, Map<string, number>>();
  if (options.globalTrend) scopes.set('global', new Map(Object.entries(options.globalTrend)));
  if (options.localTrend) scopes.set('local:IL', new Map(Object.entries(options.localTrend)));
  const cached = (userKey: string) => (options.cached?.userKey === userKey ? options.cached : undefined);
  let read: ReadProfile = anonymous;
  const { service, trending, explain } = createFeeds({
    isStalled: () => true,
    users: activeUsers,
    catalog: {
      snapshot: patchSnapshot(emptySnapshot, ordered, 1n),
      findByIds: (ids) => {
        lookups.push([...ids]);
        if (options.lookUp) return options.lookUp();
        return Promise.resolve(ids.map((id) => ordered.find((market) => market.id === id)));
      },
      pastMarket: (id) => {
        const market = ordered.find((other) => other.id === id);
        return market === undefined ? undefined : toPastMarket(market);
      },
    },
    trends: {
      state: new TrendState({ ...NO_TRENDS, scopes }, NOON_MS),
    },
    models: { current: options.model ?? DEFAULT_MODEL },
    store: {
      add: () => Promise.resolve(),
      find: () => Promise.resolve(undefined),
      findAll: () => Promise.resolve([]),
      marketIds: () => Promise.resolve(new Map()),
    },
    exposureStore: { addExposures: () => Promise.resolve() },
    config: () => loaded,
    personalizationEnabled: true,
    trackImpressions: () => Promise.resolve(),
    profiles: {
      cachedVersion: (userKey) => cached(userKey)?.version,
      cached,
      cachedFull: cached,
      get: (userKey) => read(userKey),
      getFull: (userKey) => read(userKey),
    },
    clock: () => options.clock?.nowMs ?? NOON_MS,
    feedIdSecret: new Uint8Array(32),
    logger,
  });
  const reading =
    <Result>(request: (input: unknown) => Promise<Result>) =>
    (input: object, readProfile: ReadProfile): Promise<Result> => {
      read = readProfile;
      return request(input);
    };
  return {
    service: {
      feed: reading((input) => service.feed(input)),
      rank: reading((input) => service.rank(input)),
    },
    trending,
    explain,
    lines,
    lookups,
  };
}

const versions = new WeakMap<FullProfile, number>();
let latestVersion = 0;

/** The profile with a version of its own: profiles of one version have one content. */
function withVersion(profile: FullProfile): FullProfile {
  const version = versions.get(profile) ?? ++latestVersion;
  versions.set(profile, version);
  return { ...profile, version };
}

export const knows =
  (profile: FullProfile): ReadProfile =>
  () =>
    Promise.resolve(withVersion(profile));
/** For an anonymous request, which must read no profile. */
export const anonymous: ReadProfile = () => {
  throw new Error('An anonymous request reads no profile.');
};
export const fails: ReadProfile = () => Promise.reject(new Error('no database'));
export const hangs: ReadProfile = () => new Promise(() => undefined);

export const idsOf = (items: readonly { market: { id: string } }[]): string[] =>
  items.map(({ market }) => market.id);
/** A market in each of three categories, in the order of the global ranking. */
export const three: readonly Market[] = [
  storedMarket('politics', { category: 'Politics' }),
  storedMarket('sports', { category: 'Sports' }),
  storedMarket('crypto', { category: 'Crypto' }),
];

/** A user who traded another sports market an hour ago, in IL. */
export const sportsFan = profileAfter(
  profileEvent('PARTICIPATE', NOON_MS - HOUR_MS, {
    market: { id: 'derby', category: 'Sports', tags: [] },
    country: 'IL',
  }),
);
