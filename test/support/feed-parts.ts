import { randomUUID } from 'node:crypto';
import { emptySnapshot, patchSnapshot } from '../../src/catalog/catalog-snapshot.js';
import { loadRankingConfig } from '../../src/config/ranking-config.js';
import { toPastMarket } from '../../src/catalog/columns/market-terms.js';
import { createFeeds } from '../../src/feed/create-feeds.js';
import type { LoadProfile } from '../../src/feed/hydrator.js';
import type { Market } from '../../src/domain/market.js';
import type { FullProfile } from '../../src/domain/profile.js';
import { NO_TRENDS } from '../../src/trends/trend-columns.js';
import { TrendState } from '../../src/trends/trend-state.js';
import { recordingLogger } from './log-lines.js';
import { HOUR_MS, NOON_MS, personAfter, profileEvent } from './profile-events.js';
import { storedMarket } from './stored-market.js';

const createdAt = new Date(NOON_MS - 1_000 * HOUR_MS);

/** A feed over these markets, at noon; each has a volume that puts it in the order given. */
export function feedOver(
  markets: readonly Market[],
  options: {
    globalTrend?: Record<string, number>;
    localTrend?: Record<string, number>;
    /** Has every look-up of a market that is not in memory go like this. */
    lookUp?: () => Promise<never>;
    held?: FullProfile;
    algorithm?: 'v1' | 'v2';
    clock?: { nowMs: number };
  } = {},
) {
  const ordered = markets.map((market, index) => ({ ...market, createdAt, volumeTotal: 1_000 - index }));
  const { logger, lines } = recordingLogger();
  const asked: string[][] = [];
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
  const held = (userKey: string) => (options.held?.userKey === userKey ? options.held : undefined);
  const { service, crowd, explain } = createFeeds({
    catalog: {
      snapshot: patchSnapshot(emptySnapshot, ordered, 1n),
      findByIds: (ids) => {
        asked.push([...ids]);
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
    store: {
      add: () => Promise.resolve(),
      find: () => Promise.resolve(undefined),
      marketIds: () => Promise.resolve(new Map()),
    },
    config: () => loaded,
    personalizationEnabled: true,
    onServed: () => undefined,
    heldProfiles: { hot: held, full: held },
    clock: () => options.clock?.nowMs ?? NOON_MS,
    newId: () => randomUUID(),
    logger,
  });
  return { service, crowd, explain, lines, asked };
}

/** Reads either part of a profile in this way. */
export const loadedBy = (load: (userKey: string) => Promise<FullProfile>): LoadProfile => ({
  hot: load,
  full: load,
});
export const knows = (profile: FullProfile): LoadProfile => loadedBy(() => Promise.resolve(profile));
export const nobodyAsked = loadedBy(() => {
  throw new Error('Nobody was named.');
});
export const fails = loadedBy(() => Promise.reject(new Error('no database')));
export const hangs = loadedBy(() => new Promise(() => undefined));

export const idsOf = (items: readonly { market: { id: string } }[]): string[] =>
  items.map(({ market }) => market.id);
/** A market in each of three categories, in this order for whoever is not known. */
export const three: readonly Market[] = [
  storedMarket('politics', { category: 'Politics' }),
  storedMarket('sports', { category: 'Sports' }),
  storedMarket('crypto', { category: 'Crypto' }),
];

/** Traded on another market of sports an hour ago, in IL. */
export const sportsFan = personAfter(
  profileEvent('PARTICIPATE', NOON_MS - HOUR_MS, {
    market: { id: 'derby', category: 'Sports', tags: [] },
    country: 'IL',
  }),
);
