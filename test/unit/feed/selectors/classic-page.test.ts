import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptySnapshot, patchSnapshot } from '../../../../src/catalog/catalog-snapshot.js';
import { loadRankingConfig } from '../../../../src/config/ranking-config.js';
import type { Market } from '../../../../src/domain/market.js';
import { composeFeed } from '../../../../src/feed/pipeline.js';
import type { RankingInputs } from '../../../../src/feed/ranking-inputs.js';
import { rankMarkets } from '../../../../src/feed/scorers/given-markets.js';
import { RankingWorkspace } from '../../../../src/feed/workspace.js';
import { diversifyFirstPage, feedSections } from '../../../../src/scoring/v1/page-layout.js';
import { NO_TRENDS } from '../../../../src/trends/trend-columns.js';
import { TrendState } from '../../../../src/trends/trend-state.js';
import { sportsFan } from '../../../support/feed-parts.js';
import { NOON_MS } from '../../../support/profile-events.js';
import { storedMarket } from '../../../support/stored-market.js';
import { DEFAULT_MODEL } from '../../../../src/scoring/v2/ranking-model.js';

const config = loadRankingConfig(undefined);
const workspace = new RankingWorkspace();

const inputsOf = (markets: readonly Market[], details: Partial<RankingInputs> = {}): RankingInputs => ({
  ...{ nowMs: NOON_MS, userKey: null, country: null, profile: null, personal: true, algorithm: 'v1' },
  ...{ limit: 20, snapshot: patchSnapshot(emptySnapshot, markets, 1n), past: new Map() },
  ...{
    trends: new TrendState(NO_TRENDS, 0),
    config,
    model: DEFAULT_MODEL,
    configVersion: 'test',
    ...details,
  },
});

/** The page by its definition: all markets with every score component, sorted, and laid out. */
function pageOfWholeRanking(inputs: RankingInputs) {
  const ranked = rankMarkets(inputs.snapshot.entries, inputs, workspace);
  const ordered = diversifyFirstPage(ranked, ({ candidate }) => candidate.scoring.category);
  const page = ordered.slice(0, inputs.limit);
  const { hero, grid, stream } = feedSections(page, ({ candidate }) => candidate.market.imageUrl !== null);
  const shown = [...(hero === null ? [] : [hero]), ...grid, ...stream];
  const rest = ranked.filter((item) => !shown.includes(item)).slice(0, config.feed.pageDepth - shown.length);
  return {
    items: shown.map(({ candidate, scores }) => ({ id: candidate.market.id, scores })),
    rest: rest.map(({ candidate }) => candidate.market.id),
  };
}

function pageOf(inputs: RankingInputs) {
  const { items, rest } = composeFeed(inputs, workspace);
  return {
    items: items.map(({ market, scores }) => ({ id: market.id, scores })),
    rest: rest.map(({ marketId }) => marketId),
  };
}

const catalogs = (categories: readonly string[]): fc.Arbitrary<Market[]> =>
  fc
    .uniqueArray(
      fc.record({
        id: fc.integer({ min: 0, max: 9_999 }),
        category: fc.constantFrom(...categories),
        tags: fc.subarray(['Elections', 'Derby', 'News']),
        // Few values, so that there are ties of every kind.
        volumeTotal: fc.constantFrom(0, 1, 2),
        editorialBoost: fc.constantFrom(0, 0.5, 1),
        imageUrl: fc.constantFrom(null, null, null, '/it.svg'),
        createdAt: fc.constantFrom(new Date(NOON_MS - 1), new Date(0)),
      }),
      { selector: ({ id }) => id, maxLength: 300, size: 'max' },
    )
    .map((markets) => markets.map(({ id, ...details }) => storedMarket(`m${id}`, details)));

describe('the classic page', () => {
  it.each([
    ['one category', ['Sports']],
    ['two categories', ['Sports', 'Politics']],
    ['many categories', ['Sports', 'Politics', 'Crypto', 'News', 'Science', 'Arts', 'World']],
  ])('equals the page of the whole ranking to the bit, with %s', (_, categories) => {
    fc.assert(
      fc.property(
        catalogs(categories),
        fc.integer({ min: 1, max: 100 }),
        fc.boolean(),
        fc.func(fc.constantFrom(0, 0.25, 1)),
        (markets, limit, personal, trendOf) => {
          const scores = new Map(markets.map(({ id }) => [id, trendOf(id)]));
          const local = new Map(markets.map(({ id }) => [id, trendOf(`local ${id}`)]));
          const scopes = new Map([['global', scores], ...(personal ? [['local:IL', local] as const] : [])]);
          const inputs = inputsOf(markets, {
            ...{ limit, country: 'IL', profile: personal ? sportsFan : null },
            trends: new TrendState({ ...NO_TRENDS, scopes, probabilities24hAgo: scores }, 0),
          });
          expect(JSON.stringify(pageOf(inputs))).toBe(JSON.stringify(pageOfWholeRanking(inputs)));
        },
      ),
      { numRuns: 100 },
    );
  });

  it('fills the first nine positions from categories far down the ranking', () => {
    const markets = ['Politics', 'Crypto', 'Science'].flatMap((category, index) =>
      Array.from({ length: 300 }, (_, number) =>
        storedMarket(`${category} ${number}`, { category, volumeTotal: 1_000 - 300 * index - number }),
      ),
    );
    const { items } = pageOf(inputsOf(markets, { limit: 12 }));
    expect(items.map(({ id }) => id)).toEqual([
      ...['Politics 0', 'Politics 1', 'Politics 2', 'Crypto 0', 'Crypto 1', 'Crypto 2'],
      ...['Science 0', 'Science 1', 'Science 2', 'Politics 3', 'Politics 4', 'Politics 5'],
    ]);
  });

  it('applies the category limit before it moves the hero, so hero and grid may have four of a category', () => {
    const markets = ['a', 'b', 'c', 'a', 'b', 'c', 'a', 'b', 'c', 'a'].map((category, index) =>
      storedMarket(`${category}${index}`, {
        category,
        volumeTotal: 100 - index,
        imageUrl: index === 9 ? '/it.svg' : null,
      }),
    );
    const { items } = composeFeed(inputsOf(markets), workspace);
    expect(items[0]?.market.id).toBe('a9');
    const categories = items.slice(1).map(({ market }) => market.category);
    expect(categories.toSorted().join('')).toBe('aaabbbccc');
  });
});
