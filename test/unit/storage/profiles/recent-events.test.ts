import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { IndexedMarket } from '../../../../src/storage/markets/market-index.js';
import type { ProfileEvent } from '../../../../src/domain/profile.js';
import {
  decodeRecentEvents,
  encodeRecentEvents,
  type RecentEvent,
} from '../../../../src/storage/profiles/recent-events.js';
import { EVENT_TYPES } from '../../../../src/domain/event.js';
import { number, orNull, plainNumber, timeMs } from '../../../support/profile-arbitraries.js';
import { NOON_MS } from '../../../support/profile-events.js';

const letter = fc.integer({ min: 65, max: 90 }).map((code) => String.fromCharCode(code));

const event: fc.Arbitrary<RecentEvent> = fc
  .record({
    eventType: fc.constantFrom(...EVENT_TYPES),
    occurredAtMs: timeMs,
    weight: plainNumber,
    dwellMs: orNull(fc.nat()),
    country: orNull(fc.tuple(letter, letter).map((letters) => letters.join(''))),
    stake: orNull(number),
    marketNumber: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
    probability: orNull(number),
    volume24h: number,
  })
  // The volume is stored only for impressions.
  .map((values) => (values.eventType === 'IMPRESSION' ? values : { ...values, volume24h: 0 }));

const marketOf = (marketNumber: number): IndexedMarket => ({
  ...{
    number: marketNumber,
    id: `market ${marketNumber}`,
    category: 'Politics',
    tags: ['Élections', '選挙'],
  },
});

function asApplied({ marketNumber, probability, volume24h, ...values }: RecentEvent): ProfileEvent {
  const { id, category, tags } = marketOf(marketNumber);
  return { ...values, market: { id, category, tags, probability, volume24h } };
}

/** Returns the column after these commits: each batch precedes the earlier ones. */
const columnAfter = (commits: readonly (readonly RecentEvent[])[]): Uint8Array =>
  Buffer.concat(commits.map(encodeRecentEvents).reverse());

const someCommits = fc.array(fc.array(event, { minLength: 1, maxLength: 5 }), { maxLength: 6 });

it('decodes the events of all commits exactly, in the order of commits', () => {
  fc.assert(
    fc.property(someCommits, (commits) => {
      expect(decodeRecentEvents(columnAfter(commits), marketOf)).toEqual(commits.flat().map(asApplied));
    }),
    { numRuns: 300 },
  );
});

it('leaves out the events of markets that are not found', () => {
  const isFound = (marketNumber: number): boolean => marketNumber % 2 === 0;
  fc.assert(
    fc.property(someCommits, (commits) => {
      const found = commits.flat().filter(({ marketNumber }) => isFound(marketNumber));
      const decoded = decodeRecentEvents(columnAfter(commits), (marketNumber) =>
        isFound(marketNumber) ? marketOf(marketNumber) : undefined,
      );
      expect(decoded).toEqual(found.map(asApplied));
    }),
  );
});

const click: RecentEvent = {
  ...{ eventType: 'CLICK', occurredAtMs: NOON_MS, weight: 2, dwellMs: null, country: 'IL', stake: null },
  ...{ marketNumber: 300_000, probability: 0.42, volume24h: 0 },
};

it('encodes a click with a country in at most 24 bytes', () => {
  expect(encodeRecentEvents([click]).length).toBeLessThanOrEqual(24);
});

it('rejects a column that is truncated within a batch', () => {
  const column = columnAfter([[click], [click, click]]);
  const [last, all] = [encodeRecentEvents([click, click]).length, column.length];
  for (let length = 1; length < all; length += 1) {
    if (length === last) continue;
    expect(() => decodeRecentEvents(column.subarray(0, length), marketOf)).toThrow(RangeError);
  }
});

it('rejects the number of an unknown event type', () => {
  const [, first = 0, ...rest] = encodeRecentEvents([click]);
  expect(first).toBeLessThan(0x80);
  const beyond = (EVENT_TYPES.length << 4) | (first & 15);
  const bytes = [(beyond & 0x7f) | 0x80, beyond >> 7, ...rest];
  expect(() => decodeRecentEvents(Uint8Array.of(bytes.length, ...bytes), marketOf)).toThrow(
    `No event type has the number ${EVENT_TYPES.length}.`,
  );
});

it('encodes event types by the index that stored profiles contain', () => {
  const types = [
    ...[
      'PARTICIPATE',
      'COMMENT',
      'SHARE',
      'BOOKMARK',
      'PARTICIPATE_INTENT',
      'RETURN_VISIT',
      'CLICK',
      'VIEW_MARKET',
    ],
    ...['DWELL_30', 'DWELL_5', 'SCROLL_PAST', 'SKIP_FAST', 'NOT_INTERESTED', 'HIDE', 'UNHIDE', 'IMPRESSION'],
  ];
  // Length, type and flags, market, time, probability, volume of impressions.
  const stored = types.map((_, type) => {
    const event = [
      ...(type < 8 ? [16 * type] : [((16 * type) % 128) | 128, 1]),
      7,
      2,
      0,
      ...(type === 15 ? [2] : []),
    ];
    return Uint8Array.of(event.length, ...event);
  });
  const decoded = stored.flatMap((batch) => decodeRecentEvents(batch, marketOf));
  expect(decoded.map(({ eventType }) => eventType)).toEqual(types);
});
