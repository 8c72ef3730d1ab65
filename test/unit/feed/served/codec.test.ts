import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BADGES } from '../../../../src/feed/badge.js';
import { SLOTS } from '../../../../src/feed/selectors/slots.js';
import type { ServedFeed } from '../../../../src/feed/served/served-feed.js';
import { packPage, packRest, unpackPage, unpackRest } from '../../../../src/feed/served/codec.js';

const number = fc.integer({ min: 0, max: 2 ** 31 - 1 });
const nullable = <Value>(arbitrary: fc.Arbitrary<Value>) => fc.option(arbitrary);
const score = fc.double({ noNaN: true });
const nowMs = fc.integer({ min: 0, max: 2 ** 42 });

const feeds: fc.Arbitrary<ServedFeed> = fc.record({
  feedId: fc.constant('f'),
  userKey: fc.constant(null),
  country: nullable(fc.constantFrom('IL', 'US')),
  nowMs,
  limit: fc.integer({ min: 1, max: 100 }),
  algorithm: fc.constantFrom('v1' as const, 'v2' as const),
  algorithmVersion: fc.constantFrom('v1' as const, 'v2' as const, 'fallback' as const),
  personal: fc.boolean(),
  personalized: fc.boolean(),
  degraded: fc.boolean(),
  configVersion: fc.string(),
  modelVersion: nullable(fc.oneof(fc.nat().map(String), fc.constant('default'))),
  arms: fc.dictionary(fc.stringMatching(/^[a-z][a-z0-9-]{0,31}$/), fc.stringMatching(/^[a-z]{1,32}$/), {
    maxKeys: 3,
    noNullPrototype: true,
  }),
  catalogVersion: fc.nat(Number.MAX_SAFE_INTEGER).map(String),
  trendsComputedAtMs: nowMs,
  profileVersion: nullable(fc.nat()),
  notes: fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 5 }),
  page: fc.array(
    fc.record({
      marketId: fc.constant(''),
      number,
      score,
      slot: nullable(fc.constantFrom(...SLOTS)),
      badge: nullable(fc.constantFrom(...BADGES)),
      propensity: nullable(fc.double({ min: 0, max: 1, noNaN: true })),
    }),
    { maxLength: 100 },
  ),
  rest: fc.array(fc.record({ marketId: fc.constant(''), number }), { maxLength: 50 }),
});

/** A feed of 20 items and a continuation of 200, on a site with so many markets. */
function typicalFeed(markets: number): ServedFeed {
  const at = (index: number) => ({ marketId: '', number: 1 + ((index * 7_919) % markets) });
  return {
    ...{ feedId: '', userKey: null, country: 'IL', nowMs: 1_800_000_000_000, limit: 20 },
    ...{ algorithm: 'v2', algorithmVersion: 'v2', personal: true, personalized: true, degraded: false },
    ...{
      configVersion: '0123456789ab',
      modelVersion: '1234',
      arms: {},
      catalogVersion: '123456789',
      profileVersion: 12_345,
    },
    trendsComputedAtMs: 1_799_999_960_123,
    notes: ['LOCAL -> PERSONAL: 2'],
    page: Array.from({ length: 20 }, (_, index) => ({
      ...at(index),
      ...{ score: 1 / (index + 3), slot: SLOTS[index % 5] ?? null, badge: BADGES[index % 4] ?? null },
      propensity: index % 5 === 4 ? 1 / (index + 7) : null,
    })),
    rest: Array.from({ length: 200 }, (_, index) => at(20 + index)),
  };
}

describe('the packed form of a served feed', () => {
  it('round-trips everything of the feed, scores exactly', () => {
    fc.assert(
      fc.property(feeds, (feed) => {
        const { page, hasRest, ...inputs } = unpackPage(packPage(feed), feed.nowMs);
        const rest = unpackRest(packRest((feed.rest ?? []).map((market) => market.number)));
        expect(hasRest).toBe(rest.length > 0);
        const unpacked = {
          ...{ feedId: 'f', userKey: null, nowMs: feed.nowMs, ...inputs },
          page: page.map((item) => ({ marketId: '', ...item })),
          rest: rest.map((each) => ({ marketId: '', number: each })),
        };
        expect(unpacked).toEqual(feed);
      }),
    );
  });

  it.each([
    [400_000, 300, 480],
    [2_000_000, 300, 530],
  ])('is short for 20 items and a continuation of 200 among %i markets', (markets, page, rest) => {
    const feed = typicalFeed(markets);
    expect(packPage(feed).length).toBeLessThan(page);
    expect(packRest((feed.rest ?? []).map((market) => market.number)).length).toBeLessThan(rest);
  });

  it('is rejected in an unknown format', () => {
    const bytes = packPage(typicalFeed(400));
    bytes[0] = 99;
    expect(() => unpackPage(bytes, 0)).toThrow('unknown format 99');
    expect(() => unpackRest(Uint8Array.of(99, 0, 0))).toThrow('unknown format 99');
  });
});
