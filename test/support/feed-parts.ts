import { emptySnapshot, patchSnapshot } from '../../src/catalogue/catalogue-snapshot.js';
import { FeedService, type LoadProfile } from '../../src/feed/feed-service.js';
import type { Market } from '../../src/repositories/market.js';
import type { ProfileState } from '../../src/repositories/profile-state.js';
import { recordingLogger } from './log-lines.js';
import { HOUR_MS, NOON_MS, personAfter, profileEvent } from './profile-events.js';
import { storedMarket } from './stored-market.js';

const createdAt = new Date(NOON_MS - 1_000 * HOUR_MS);

/** A feed over these markets, at noon; each has a volume that puts it in the order given. */
export function feedOver(
  markets: readonly Market[],
  options: {
    localTrend?: Record<string, number>;
    /** Has every look-up of a market that is not in memory go like this. */
    lookUp?: () => Promise<never>;
    held?: ProfileState;
    clock?: { nowMs: number };
  } = {},
) {
  const ordered = markets.map((market, index) => ({ ...market, createdAt, volumeTotal: 1_000 - index }));
  const { logger, lines } = recordingLogger();
  const asked: string[][] = [];
  const service = new FeedService({
    catalogue: {
      snapshot: patchSnapshot(emptySnapshot, ordered, 1n),
      findByIds: (ids) => {
        asked.push([...ids]);
        if (options.lookUp) return options.lookUp();
        return Promise.resolve(ids.map((id) => ordered.find((market) => market.id === id)));
      },
    },
    trends: {
      reader: (country) => ({
        trendingGlobal: () => 0,
        trendingLocal: (marketId) =>
          country === 'IL' && options.localTrend ? (options.localTrend[marketId] ?? 0) : null,
        probability24hAgo: () => null,
      }),
      scopeFor: (country) => ({
        scope: country === null ? 'global' : `local:${country}`,
        scores: new Map(Object.entries(options.localTrend ?? {})),
      }),
    },
    config: { profileTimeoutMs: 10 },
    heldProfile: (userKey) => (options.held?.userKey === userKey ? options.held : undefined),
    clock: () => options.clock?.nowMs ?? NOON_MS,
    newId: () => 'feed-1',
    logger,
  });
  return { service, lines, asked };
}

export const knows =
  (profile: ProfileState): LoadProfile =>
  () =>
    Promise.resolve(profile);
export const nobodyAsked: LoadProfile = () => {
  throw new Error('Nobody was named.');
};
export const fails: LoadProfile = () => Promise.reject(new Error('no database'));
export const hangs: LoadProfile = () => new Promise(() => undefined);

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
