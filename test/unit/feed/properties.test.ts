import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Feed } from '../../../src/feed/feed.js';
import type { Market } from '../../../src/domain/market.js';
import { HOUR_MS } from '../../../src/lib/time.js';
import { feedOver, knows } from '../../support/feed-parts.js';
import { NOON_MS, profileAfter, profileEvent } from '../../support/profile-events.js';
import { storedMarket } from '../../support/stored-market.js';

const CATEGORIES = ['Politics', 'Sports', 'Crypto', 'Science', 'World'];

const catalog: readonly Market[] = Array.from({ length: 120 }, (_, index) =>
  storedMarket(`m${index}`, {
    category: CATEGORIES[index % CATEGORIES.length] ?? '',
    tags: [`tag-${index % 13}`],
    probability: ((index * 37) % 97) / 100,
    eventKey: index % 4 === 0 ? `event-${index % 20}` : null,
  }),
);

const marketAt = (index: number): Market => catalog[index % catalog.length] ?? storedMarket('none');

/** Events of a user in the last days, hides included. */
const userEvents = fc.array(
  fc.record({
    index: fc.nat(catalog.length - 1),
    eventType: fc.constantFrom('CLICK', 'PARTICIPATE', 'HIDE', 'UNHIDE', 'IMPRESSION', 'NOT_INTERESTED'),
    hoursAgo: fc.integer({ min: 1, max: 100 }),
  }),
  { maxLength: 40 },
);

const userAfter = (events: readonly { index: number; eventType: string; hoursAgo: number }[]) =>
  profileAfter(
    ...events
      .toSorted((a, b) => b.hoursAgo - a.hoursAgo)
      .map(({ index, eventType, hoursAgo }) => {
        const { id, category, tags, probability, volume24h } = marketAt(index);
        return profileEvent(eventType as 'CLICK', NOON_MS - hoursAgo * HOUR_MS, {
          market: { id, category, tags, probability, volume24h: volume24h ?? 0 },
        });
      }),
  );

const idsOf = ({ hero, grid, stream }: Feed): string[] =>
  [...(hero === null ? [] : [hero]), ...grid, ...stream].map(({ market }) => market.id);

describe.each(['v1', 'v2'] as const)('a feed by %s', (algorithm) => {
  const { service } = feedOver(catalog, { algorithm });
  const limits = fc.integer({ min: 1, max: 100 });

  it('omits hidden markets, repeats none, and has `limit` items if there are enough', async () => {
    await fc.assert(
      fc.asyncProperty(userEvents, limits, async (events, limit) => {
        const profile = userAfter(events);
        const ids = idsOf(await service.feed({ userKey: 'ada', limit }, knows(profile)));
        expect(ids.filter((id) => profile.hidden.has(id))).toEqual([]);
        expect(new Set(ids).size).toBe(ids.length);
        expect(ids.length).toBeLessThanOrEqual(limit);
        // Algorithm v2 also filters by the frequency cap.
        if (algorithm === 'v1') expect(ids).toHaveLength(Math.min(limit, 120 - profile.hidden.size));
      }),
      { numRuns: 60 },
    );
  });

  it('is the same in a replay', async () => {
    await fc.assert(
      fc.asyncProperty(userEvents, limits, async (events, limit) => {
        const profile = userAfter(events);
        const replayService = feedOver(catalog, { algorithm }).service;
        const request = { userKey: 'ada', limit };
        const [one, other] = [
          await service.feed(request, knows(profile)),
          await replayService.feed(request, knows(profile)),
        ];
        expect(JSON.stringify({ ...one, id: '' })).toBe(JSON.stringify({ ...other, id: '' }));
      }),
      { numRuns: 20 },
    );
  });
});
