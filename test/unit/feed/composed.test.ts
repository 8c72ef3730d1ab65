import { describe, expect, it } from 'vitest';
import { emptyProfile } from '../../../src/domain/profile.js';
import {
  fails,
  feedOver,
  hangs,
  idsOf,
  knows,
  loadedBy,
  nobodyAsked,
  sportsFan,
  three,
} from '../../support/feed-parts.js';
import { NOON_MS, personAfter, profileEvent } from '../../support/profile-events.js';
import { storedMarket } from '../../support/stored-market.js';

describe('a feed', () => {
  it('is the same for everyone when nobody is named, whose profile is not read', async () => {
    const feed = await feedOver(three).service.feed({}, nobodyAsked);
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

  it('shows first what the person likes', async () => {
    const feed = await feedOver(three).service.feed({ userKey: 'ada' }, knows(sportsFan));
    expect(feed).toMatchObject({
      personalized: true,
      degraded: false,
      userKey: 'ada',
      algorithmVersion: 'v1',
    });
    expect(feed.hero?.market.id).toBe('sports');
  });

  it('is not personal for a person without interactions', async () => {
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
    ['takes too long', hangs],
  ])('is served from memory, and says so, when the profile %s', async (_, loadProfile) => {
    const feed = await feedOver(three).service.feed({ userKey: 'ada' }, loadProfile);
    expect(feed).toMatchObject({
      personalized: false,
      degraded: true,
      algorithmVersion: 'fallback',
      userKey: 'ada',
    });
    expect(feed.hero?.market.id).toBe('politics');
    expect(feed.grid).toHaveLength(2);
  });

  it('no longer waits for profiles after five could not be read, and tries one a second later', async () => {
    const clock = { nowMs: NOON_MS };
    const { service, lines } = feedOver(three, { clock });
    let asked = 0;
    const dead = loadedBy((userKey) => {
      asked += 1;
      return fails.full(userKey);
    });
    for (let person = 0; person < 20; person += 1) {
      expect(await service.feed({ userKey: `person-${person}` }, dead)).toMatchObject({ degraded: true });
    }
    expect(asked).toBe(5);
    expect(lines).toMatchObject([{ level: 40, err: { message: 'no database' } }]);
    clock.nowMs += 1_000;
    expect(await service.feed({ userKey: 'ada' }, knows(sportsFan))).toMatchObject({ degraded: false });
    expect(lines).toMatchObject([{ level: 40 }, { level: 30 }]);
  });

  it('is personal from memory while no profile can be read', async () => {
    const { service } = feedOver(three, { held: sportsFan });
    for (let time = 0; time < 6; time += 1) await service.feed({ userKey: 'bea' }, fails);
    expect(await service.feed({ userKey: 'ada' }, nobodyAsked)).toMatchObject({
      degraded: false,
      personalized: true,
    });
  });

  it('leaves out what the person hid, what is over, and what is blocked in the country', async () => {
    const { service } = feedOver([
      storedMarket('shown', { resolvesAt: new Date(NOON_MS + 1), blockedCountries: ['US'] }),
      storedMarket('hidden'),
      storedMarket('over', { resolvesAt: new Date(NOON_MS) }),
      storedMarket('blocked', { blockedCountries: ['IL'] }),
    ]);
    const hid = personAfter(profileEvent('HIDE', NOON_MS, { market: { id: 'hidden' } }));
    const feed = await service.feed({ userKey: 'ada', country: 'il' }, knows(hid));
    expect(idsOf([...(feed.hero ? [feed.hero] : []), ...feed.grid])).toEqual(['shown']);
  });

  it('is for the country asked for, else for the one last seen', async () => {
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

  it('is empty when there is nothing to show', async () => {
    expect(await feedOver([]).service.feed({}, nobodyAsked)).toMatchObject({
      hero: null,
      grid: [],
      stream: [],
    });
  });

  it('places at most the number asked for, counted from 1, over hero, grid and stream', async () => {
    const many = Array.from({ length: 30 }, (_, index) =>
      storedMarket(`m${String(index).padStart(2, '0')}`, {
        category: `c${index}`,
        imageUrl: index === 4 ? '/it.svg' : null,
      }),
    );
    const { hero, grid, stream } = await feedOver(many).service.feed({ limit: 12 }, nobodyAsked);
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
  ])('is refused with a wrong %s: %j', async (field, input) => {
    await expect(feedOver(three).service.feed(input, nobodyAsked)).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      field,
    });
  });
});
