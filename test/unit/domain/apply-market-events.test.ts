import { describe, expect, it } from 'vitest';
import type { EventType } from '../../../src/domain/event.js';
import type { EngagementState, ImpressionState } from '../../../src/domain/profile.js';
import { DAY_MS, MINUTE_MS } from '../../../src/lib/time.js';
import { fold, NOON_MS, profileAfter, profileEvent } from '../../support/profile-events.js';

const engagement = (profile: ReturnType<typeof profileAfter>): EngagementState | undefined =>
  profile.engagements.get('m1');

describe('engagement', () => {
  it('has the weight and topics of the latest event of positive weight', () => {
    const profile = profileAfter(
      profileEvent('CLICK', NOON_MS),
      profileEvent('SHARE', NOON_MS + 1),
      profileEvent('BOOKMARK', NOON_MS - 1),
    );
    expect(engagement(profile)).toEqual({
      marketId: 'm1',
      engagedAtMs: NOON_MS + 1,
      weight: 4,
      viewedAtMs: NOON_MS,
      viewProbability: 0.5,
      tradedAtMs: null,
      tradedProbability: null,
      topics: { category: 'politics', tags: ['elections'] },
    });
  });

  it.each<EventType>(['SCROLL_PAST', 'SKIP_FAST', 'NOT_INTERESTED', 'HIDE', 'UNHIDE', 'IMPRESSION'])(
    'does not result from %s alone',
    (eventType) => {
      expect(profileAfter(profileEvent(eventType, NOON_MS)).engagements.size).toBe(0);
    },
  );

  it.each<EventType>(['VIEW_MARKET', 'CLICK'])('has the probability at the latest %s', (eventType) => {
    const seen = (probability: number | null, atMs: number) =>
      profileEvent(eventType, atMs, { market: { probability } });
    expect(engagement(profileAfter(seen(0.3, NOON_MS), seen(0.4, NOON_MS + 1)))?.viewProbability).toBe(0.4);
    expect(engagement(profileAfter(seen(0.3, NOON_MS), seen(0.4, NOON_MS - 1)))?.viewProbability).toBe(0.3);
    expect(engagement(profileAfter(seen(0.3, NOON_MS), seen(null, NOON_MS + 1)))).toMatchObject({
      viewedAtMs: NOON_MS + 1,
      viewProbability: null,
    });
  });

  it('has no view before the first view event', () => {
    const profile = profileAfter(profileEvent('PARTICIPATE', NOON_MS, { market: { probability: 0.9 } }));
    expect(engagement(profile)).toMatchObject({
      engagedAtMs: NOON_MS,
      viewedAtMs: null,
      viewProbability: null,
    });
  });

  it('has the time of the latest trade, regardless of later events and of their order', () => {
    const traded = (...atMs: number[]) =>
      engagement(profileAfter(...atMs.map((at) => profileEvent('PARTICIPATE', at))))?.tradedAtMs;
    expect([traded(NOON_MS, NOON_MS + 1), traded(NOON_MS + 1, NOON_MS)]).toEqual([NOON_MS + 1, NOON_MS + 1]);
    const profile = profileAfter(profileEvent('PARTICIPATE', NOON_MS), profileEvent('CLICK', NOON_MS + 5));
    expect(engagement(profile)).toMatchObject({ tradedAtMs: NOON_MS, engagedAtMs: NOON_MS + 5 });
    expect(engagement(profileAfter(profileEvent('PARTICIPATE_INTENT', NOON_MS)))?.tradedAtMs).toBeNull();
  });

  it('has a trade but no engagement time for a trade of weight 0', () => {
    const profile = profileAfter({ ...profileEvent('PARTICIPATE', NOON_MS), weight: 0 });
    expect(engagement(profile)).toMatchObject({ engagedAtMs: null, tradedAtMs: NOON_MS });
  });

  it('has a view but no engagement time for a view of weight 0', () => {
    const profile = profileAfter({ ...profileEvent('VIEW_MARKET', NOON_MS), weight: 0 });
    expect(engagement(profile)).toMatchObject({ engagedAtMs: null, weight: 0, viewedAtMs: NOON_MS });
  });
});

describe('hide', () => {
  const hidden = (...events: [EventType, number][]): [string, number][] => [
    ...profileAfter(...events.map(([eventType, atMs]) => profileEvent(eventType, atMs))).hidden,
  ];

  it('lasts until an UNHIDE', () => {
    expect(hidden(['HIDE', NOON_MS])).toEqual([['m1', NOON_MS]]);
    expect(hidden(['HIDE', NOON_MS], ['PARTICIPATE', NOON_MS + DAY_MS])).toEqual([['m1', NOON_MS]]);
    expect(hidden(['HIDE', NOON_MS], ['UNHIDE', NOON_MS])).toEqual([]);
    expect(hidden(['HIDE', NOON_MS], ['UNHIDE', NOON_MS + 1], ['HIDE', NOON_MS + 2])).toEqual([
      ['m1', NOON_MS + 2],
    ]);
  });

  it('does not change with a late event from before it', () => {
    expect(hidden(['HIDE', NOON_MS], ['UNHIDE', NOON_MS - 1])).toEqual([['m1', NOON_MS]]);
    expect(hidden(['HIDE', NOON_MS], ['HIDE', NOON_MS - 1])).toEqual([['m1', NOON_MS]]);
  });

  it('affects only its market', () => {
    const profile = profileAfter(
      profileEvent('HIDE', NOON_MS),
      profileEvent('HIDE', NOON_MS, { market: { id: 'm2' } }),
      profileEvent('UNHIDE', NOON_MS, { market: { id: 'm2' } }),
    );
    expect([...profile.hidden.keys()]).toEqual(['m1']);
  });

  it('reduces affinity, which UNHIDE does not change', () => {
    const profile = profileAfter(profileEvent('HIDE', NOON_MS));
    const after = fold(profile, [profileEvent('UNHIDE', NOON_MS)]);
    expect(after.lifetime.topics.get('CATEGORY:politics')?.points).toBe(-6);
    expect([...profile.hidden.keys()]).toEqual(['m1']);
    expect(after.topics).toEqual(profile.topics);
    expect(after.totalInteractions).toBe(2);
  });
});

const shown = (atMs: number, market: { probability?: number; volume24h?: number } = {}) =>
  profileEvent('IMPRESSION', atMs, { market });
const impressionAfter = (...events: Parameters<typeof profileAfter>): ImpressionState | undefined =>
  profileAfter(...events).impressions.get('m1');

describe('impression', () => {
  it('changes only the impressions of its market', () => {
    const before = profileAfter(profileEvent('CLICK', NOON_MS, { country: 'IL' }));
    const after = profileAfter(
      profileEvent('CLICK', NOON_MS, { country: 'IL' }),
      profileEvent('IMPRESSION', NOON_MS + DAY_MS, { country: 'US', dwellMs: 60_000, market: { id: 'm2' } }),
    );
    expect({ ...after, impressions: before.impressions }).toEqual(before);
    expect([...after.impressions.keys()]).toEqual(['m2']);
  });

  it('has the probability and volume of the latest impression', () => {
    expect(
      impressionAfter(
        shown(NOON_MS, { probability: 0.3, volume24h: 10 }),
        shown(NOON_MS + 1, { probability: 0.4, volume24h: 20 }),
        shown(NOON_MS - 1, { probability: 0.2, volume24h: 5 }),
      ),
    ).toEqual({
      marketId: 'm1',
      shownAtMs: [NOON_MS + 1, NOON_MS, NOON_MS - 1],
      probability: 0.4,
      volume24h: 20,
      clickedSince: false,
    });
  });

  it('is removed when it is exactly 7 days older than the newest', () => {
    const newestMs = NOON_MS + 7 * DAY_MS;
    expect(impressionAfter(shown(NOON_MS), shown(NOON_MS + 1), shown(newestMs))?.shownAtMs).toEqual([
      newestMs,
      NOON_MS + 1,
    ]);
    expect(impressionAfter(shown(newestMs), shown(NOON_MS))?.shownAtMs).toEqual([newestMs]);
  });

  it('is kept among the newest 32 of its market', () => {
    const times = Array.from({ length: 40 }, (_, index) => NOON_MS + index * MINUTE_MS);
    const newestFirst = times.toReversed().slice(0, 32);
    expect(impressionAfter(...times.map((atMs) => shown(atMs)))?.shownAtMs).toEqual(newestFirst);
    expect(impressionAfter(...times.toReversed().map((atMs) => shown(atMs)))?.shownAtMs).toEqual(newestFirst);
  });
});

describe('clickedSince', () => {
  const clicked = (...events: Parameters<typeof profileAfter>) => impressionAfter(...events)?.clickedSince;

  it('becomes true with a view, and false with the next impression', () => {
    expect(clicked(shown(NOON_MS), profileEvent('CLICK', NOON_MS))).toBe(true);
    expect(clicked(shown(NOON_MS), profileEvent('VIEW_MARKET', NOON_MS + 1))).toBe(true);
    expect(clicked(shown(NOON_MS), profileEvent('CLICK', NOON_MS + 1), shown(NOON_MS + 2))).toBe(false);
  });

  it('stays false with an event that is not a view, or a view of another market', () => {
    expect(clicked(shown(NOON_MS), profileEvent('BOOKMARK', NOON_MS + 1))).toBe(false);
    expect(clicked(shown(NOON_MS), profileEvent('CLICK', NOON_MS + 1, { market: { id: 'm2' } }))).toBe(false);
  });

  it('does not depend on the arrival order of impression and click', () => {
    expect(clicked(profileEvent('CLICK', NOON_MS + 1), shown(NOON_MS))).toBe(true);
    expect(clicked(profileEvent('CLICK', NOON_MS - 1), shown(NOON_MS))).toBe(false);
    expect(clicked(shown(NOON_MS), profileEvent('CLICK', NOON_MS - 1))).toBe(false);
    expect(clicked(shown(NOON_MS), profileEvent('CLICK', NOON_MS + 1), shown(NOON_MS - 1))).toBe(true);
  });
});
