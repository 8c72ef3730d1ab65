import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptySnapshot, patchSnapshot } from '../../../src/catalog/catalog-snapshot.js';
import type { RankingContext } from '../../../src/feed/candidate.js';
import { pageV1 } from '../../../src/feed/v1-pipeline.js';
import { rankCandidates } from '../../../src/feed/rank-candidates.js';
import { v1Page } from '../../../src/feed/selectors/v1-page.js';
import { scoringUser } from '../../../src/profiles/scoring-user.js';
import type { Market } from '../../../src/domain/market.js';
import { NOON_MS } from '../../support/profile-events.js';
import { sportsFan } from '../../support/feed-parts.js';
import { storedMarket } from '../../support/stored-market.js';

const snapshotOf = (markets: readonly Market[]) => patchSnapshot(emptySnapshot, markets, 1n);

const contextWith = (details: Partial<RankingContext> = {}): RankingContext => ({
  ...{ nowMs: NOON_MS, overdueMs: 0, country: null, profile: null, user: null },
  trends: { trendingGlobal: () => 0, trendingLocal: () => null, probability24hAgo: () => null },
  ...details,
});

/** The page as it is by its definition: everything scored part by part, and sorted. */
function pageOfWholeRanking(markets: readonly Market[], context: RankingContext, limit: number) {
  return v1Page(rankCandidates(snapshotOf(markets).entries, context), limit);
}

const catalogs = (categories: readonly string[]): fc.Arbitrary<Market[]> =>
  fc
    .uniqueArray(
      fc.record({
        id: fc.integer({ min: 0, max: 9_999 }),
        category: fc.constantFrom(...categories),
        tags: fc.subarray(['Elections', 'Derby', 'News']),
        // Few values, so that there are ties of every kind.
        volumeTotal: fc.constantFrom(0, 1, 2, Infinity, NaN),
        editorialBoost: fc.constantFrom(0, 0.5, 1, NaN),
        imageUrl: fc.constantFrom(null, null, null, '/it.svg'),
        createdAt: fc.constantFrom(new Date(NOON_MS - 1), new Date(0)),
      }),
      { selector: ({ id }) => id, maxLength: 150, size: 'max' },
    )
    .map((markets) => markets.map(({ id, ...details }) => storedMarket(`m${id}`, details)));

describe('the page of a feed', () => {
  it.each([
    ['one category', ['Sports']],
    ['two categories', ['Sports', 'Politics']],
    ['many categories', ['Sports', 'Politics', 'Crypto', 'News', 'Science', 'Arts', 'World']],
  ])('is to the byte that of the whole ranking, with %s', (_, categories) => {
    fc.assert(
      fc.property(
        catalogs(categories),
        fc.integer({ min: 1, max: 100 }),
        fc.boolean(),
        fc.func(fc.constantFrom(0, 0.25, 1)),
        (markets, limit, personal, trendOf) => {
          const context = contextWith({
            user: personal ? scoringUser(sportsFan, NOON_MS) : null,
            trends: {
              trendingGlobal: trendOf,
              trendingLocal: (id) => (personal ? trendOf(`local ${id}`) : null),
              probability24hAgo: trendOf,
            },
          });
          const page = pageV1(snapshotOf(markets), context, limit);
          const expected = pageOfWholeRanking(markets, context, limit);
          expect(JSON.stringify(page)).toBe(JSON.stringify(expected));
        },
      ),
      { numRuns: 100 },
    );
  });

  it('finds for its first nine places markets of other categories far behind', () => {
    const markets = ['Politics', 'Crypto', 'Science'].flatMap((category, place) =>
      Array.from({ length: 100 }, (_, index) =>
        storedMarket(`${category} ${index}`, { category, volumeTotal: 1_000 - 100 * place - index }),
      ),
    );
    const { hero, grid, stream } = pageV1(snapshotOf(markets), contextWith(), 12);
    expect([hero, ...grid, ...stream].map((item) => item?.candidate.market.id)).toEqual([
      ...['Politics 0', 'Politics 1', 'Politics 2', 'Crypto 0', 'Crypto 1', 'Crypto 2'],
      ...['Science 0', 'Science 1', 'Science 2', 'Politics 3', 'Politics 4', 'Politics 5'],
    ]);
  });

  it('has its limit by category before the hero is taken out, so that hero and grid may hold four', () => {
    const markets = ['a', 'b', 'c', 'a', 'b', 'c', 'a', 'b', 'c', 'a'].map((category, index) =>
      storedMarket(`${category}${index}`, {
        category,
        volumeTotal: 100 - index,
        imageUrl: index === 9 ? '/it.svg' : null,
      }),
    );
    const { hero, grid } = pageV1(snapshotOf(markets), contextWith(), 20);
    expect(hero?.candidate.market.id).toBe('a9');
    expect(
      grid
        .map(({ candidate }) => candidate.market.category)
        .toSorted()
        .join(''),
    ).toBe('aaabbbccc');
  });
});
