import { describe, expect, it } from 'vitest';
import { emptyProfile } from '../../../src/domain/profile.js';
import { CLOCK_STEP_MS } from '../../../src/feed/ranking-time.js';
import {
  anonymous,
  fails,
  feedOver,
  hangs,
  idsOf,
  knows,
  sportsFan,
  three,
} from '../../support/feed-parts.js';
import { NOON_MS, profileAfter, profileEvent } from '../../support/profile-events.js';
import { storedMarket } from '../../support/stored-market.js';

describe('a feed', () => {
  it('is the global ranking without a userKey, and reads no profile', async () => {
    const feed = await feedOver(three).service.feed({}, anonymous);
    expect(feed).toMatchObject({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      personalized: false,
      userKey: null,
      algorithmVersion: 'v1',
      degraded: false,
      generatedAt: new Date(NOON_MS),
    });
    expect(idsOf([...(feed.hero ? [feed.hero] : []), ...feed.grid])).toEqual([
      'politics',
      'sports',
      'crypto',
    ]);
  });

  it('ranks first a market of the category that the user trades', async () => {
    const feed = await feedOver(three).service.feed({ userKey: 'ada' }, knows(sportsFan));
    expect(feed).toMatchObject({
      personalized: true,
      degraded: false,
      userKey: 'ada',
      algorithmVersion: 'v1',
    });
    expect(feed.hero?.market.id).toBe('sports');
  });

  it('is not personalized for a user without interactions', async () => {
    const feed = await feedOver(three).service.feed({ userKey: 'ada' }, knows(emptyProfile('ada')));
    expect(feed).toMatchObject({
      personalized: false,
      degraded: false,
      algorithmVersion: 'v1',
      userKey: 'ada',
    });
  });

  it.each([
    ['fails', fails],
    ['times out', hangs],
  ])('is degraded to the global ranking when the profile read %s', async (_, readProfile) => {
    const feed = await feedOver(three).service.feed({ userKey: 'ada' }, readProfile);
    expect(feed).toMatchObject({
      personalized: false,
      degraded: true,
      algorithmVersion: 'fallback',
      userKey: 'ada',
    });
    expect(feed.hero?.market.id).toBe('politics');
    expect(feed.grid).toHaveLength(2);
  });

  it('stops profile reads after 5 failures and probes after 1 s', async () => {
    const clock = { nowMs: NOON_MS };
    const { service, lines } = feedOver(three, { clock });
    let reads = 0;
    const failsAndCounts = (userKey: string) => {
      reads += 1;
      return fails(userKey);
    };
    for (let user = 0; user < 20; user += 1) {
      const feed = await service.feed({ userKey: `user-${user}` }, failsAndCounts);
      expect(feed).toMatchObject({ degraded: true });
    }
    expect(reads).toBe(5);
    expect(lines).toMatchObject([{ level: 40, err: { message: 'no database' } }]);
    clock.nowMs += 1_000;
    expect(await service.feed({ userKey: 'ada' }, knows(sportsFan))).toMatchObject({ degraded: false });
    expect(lines).toMatchObject([{ level: 40 }, { level: 30 }]);
  });

  it('is personalized from the profile cache while reads fail', async () => {
    const { service } = feedOver(three, { cached: sportsFan });
    for (let time = 0; time < 6; time += 1) await service.feed({ userKey: 'bea' }, fails);
    expect(await service.feed({ userKey: 'ada' }, anonymous)).toMatchObject({
      degraded: false,
      personalized: true,
    });
  });

  it('omits markets that are hidden, resolved, or blocked in the country', async () => {
    const { service } = feedOver([
      storedMarket('shown', { resolvesAt: new Date(NOON_MS + 1), blockedCountries: ['US'] }),
      storedMarket('hidden'),
      storedMarket('over', { resolvesAt: new Date(NOON_MS) }),
      storedMarket('blocked', { blockedCountries: ['IL'] }),
    ]);
    const hid = profileAfter(profileEvent('HIDE', NOON_MS, { market: { id: 'hidden' } }));
    const feed = await service.feed({ userKey: 'ada', country: 'il' }, knows(hid));
    expect(idsOf([...(feed.hero ? [feed.hero] : []), ...feed.grid])).toEqual(['shown']);
  });

  it('uses the country of the request, else that of the profile', async () => {
    const { service } = feedOver(three, { localTrend: { crypto: 1 } });
    const trendIn = async (input: object) => {
      const { hero, grid } = await service.feed(input, knows(sportsFan));
      return [hero, ...grid].find((item) => item?.market.id === 'crypto')?.scores.trendingLocal;
    };
    expect(await trendIn({ userKey: 'ada' })).toBe(1);
    expect(await trendIn({ userKey: 'ada', country: 'US' })).toBeNull();
    expect(await trendIn({ country: 'il' })).toBe(1);
    expect(await trendIn({})).toBeNull();
  });

  it('is the same for the same request during a clock step, and has a new id in the next', async () => {
    const clock = { nowMs: NOON_MS };
    const { service } = feedOver(three, { clock });
    const ask = () => service.feed({ userKey: 'ada' }, knows(sportsFan));
    const feed = await ask();
    clock.nowMs += CLOCK_STEP_MS - 1;
    expect(await ask()).toEqual(feed);
    clock.nowMs += 1;
    const next = await ask();
    expect(next.id).not.toBe(feed.id);
    expect(next.generatedAt).toEqual(new Date(NOON_MS + CLOCK_STEP_MS));
  });

  it('is not ranked again while its profile is cached, and its inputs are the same', async () => {
    const clock = { nowMs: NOON_MS };
    const { service } = feedOver(three, { clock, cached: sportsFan });
    const feedOf = (userKey?: string) => service.feed({ userKey }, fails);
    const [anonymousFeed, feed] = [await feedOf(), await feedOf('ada')];
    clock.nowMs += CLOCK_STEP_MS - 1;
    expect(await feedOf()).toBe(anonymousFeed);
    expect(await feedOf('ada')).toBe(feed);
    clock.nowMs += 1;
    expect(await feedOf('ada')).not.toBe(feed);
  });

  it('has a new id after an event of the user, and while the profile cannot be read', async () => {
    const { service } = feedOver(three);
    const changed = { ...sportsFan, version: sportsFan.version + 1 };
    const feeds = [
      await service.feed({ userKey: 'ada' }, knows(sportsFan)),
      await service.feed({ userKey: 'ada' }, knows(changed)),
      await service.feed({ userKey: 'ada' }, fails),
      await service.feed({}, anonymous),
    ];
    expect(new Set(feeds.map(({ id }) => id)).size).toBe(4);
  });

  it('has 20 items for a limit of null', async () => {
    const many = Array.from({ length: 30 }, (_, index) => storedMarket(`m${index}`));
    const { grid, stream } = await feedOver(many).service.feed({ limit: null }, anonymous);
    expect(1 + grid.length + stream.length).toBe(20);
  });

  it('is empty for an empty catalog', async () => {
    expect(await feedOver([]).service.feed({}, anonymous)).toMatchObject({
      hero: null,
      grid: [],
      stream: [],
    });
  });

  it('divides at most `limit` markets among hero, grid and stream, with ranks from 1', async () => {
    const many = Array.from({ length: 30 }, (_, index) =>
      storedMarket(`m${String(index).padStart(2, '0')}`, {
        category: `c${index}`,
        imageUrl: index === 4 ? '/it.svg' : null,
      }),
    );
    const { hero, grid, stream } = await feedOver(many).service.feed({ limit: 12 }, anonymous);
    expect(hero?.market.id).toBe('m04');
    expect(idsOf(grid)).toEqual(['m00', 'm01', 'm02', 'm03', 'm05', 'm06', 'm07', 'm08', 'm09']);
    expect(idsOf(stream)).toEqual(['m10', 'm11']);
    expect([hero, ...grid, ...stream].map((item) => item?.rank)).toEqual(
      Array.from({ length: 12 }, (_, i) => i + 1),
    );
  });

  it.each([
    ['limit', { limit: 0 }],
    ['limit', { limit: 101 }],
    ['limit', { limit: 1.5 }],
    ['country', { country: 'XX1' }],
    ['userKey', { userKey: '' }],
  ])('rejects an invalid %s: %j', async (field, input) => {
    await expect(feedOver(three).service.feed(input, anonymous)).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      field,
    });
  });
});
