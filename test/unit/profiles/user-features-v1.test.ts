import { describe, expect, it } from 'vitest';
import { DAY_MS } from '../../../src/lib/time.js';
import { userFeaturesV1 } from '../../../src/profiles/user-features.js';
import { emptyProfile } from '../../../src/domain/profile.js';
import type { EventType } from '../../../src/domain/event.js';
import type { ScoringUser } from '../../../src/scoring/v1/inputs.js';
import { NOON_MS, profileAfter, profileEvent } from '../../support/profile-events.js';

const on = (id: string, eventType: EventType, atMs: number) =>
  profileEvent(eventType, atMs, { market: { id } });

function featuresAfter(...events: Parameters<typeof profileAfter>): ScoringUser {
  const user = userFeaturesV1(profileAfter(...events), NOON_MS);
  if (user === null) throw new Error('The user should have features.');
  return user;
}

const recentIds = (...events: Parameters<typeof profileAfter>): string[] =>
  featuresAfter(...events).recentMarkets.map(({ id }) => id);

describe('userFeaturesV1', () => {
  it('is null before the first interaction, even with impressions', () => {
    expect(userFeaturesV1(emptyProfile('ada'), NOON_MS)).toBeNull();
    expect(userFeaturesV1(profileAfter(profileEvent('IMPRESSION', NOON_MS)), NOON_MS)).toBeNull();
  });

  it('has the undecayed points by category and by tag', () => {
    const user = featuresAfter(
      profileEvent('CLICK', NOON_MS - 365 * DAY_MS),
      profileEvent('NOT_INTERESTED', NOON_MS, { market: { category: 'Sports', tags: ['Football'] } }),
    );
    expect([...user.categoryPoints]).toEqual([
      ['politics', 2],
      ['sports', -4],
    ]);
    expect([...user.tagPoints]).toEqual([
      ['elections', 1.6],
      ['football', -3.2],
    ]);
  });

  it('has the dwell times by category', () => {
    const user = featuresAfter(
      profileEvent('DWELL_5', NOON_MS, { dwellMs: 6_000 }),
      profileEvent('SKIP_FAST', NOON_MS, { dwellMs: 0 }),
      profileEvent('CLICK', NOON_MS, { market: { category: 'Sports' } }),
    );
    expect([...user.dwellByCategory]).toEqual([['politics', { totalMs: 6_000, events: 2 }]]);
  });

  it('has the probability at the last view of each viewed market; null if it was unknown', () => {
    const user = featuresAfter(
      profileEvent('CLICK', NOON_MS, { market: { id: 'known', probability: 0.25 } }),
      profileEvent('VIEW_MARKET', NOON_MS, { market: { id: 'unknown', probability: null } }),
      profileEvent('BOOKMARK', NOON_MS, { market: { id: 'not viewed', probability: 0.75 } }),
    );
    expect([...user.viewProbabilities]).toEqual([
      ['known', 0.25],
      ['unknown', null],
    ]);
  });
});

describe('recentMarkets', () => {
  it('has engagements of the last 24 hours, inclusive', () => {
    expect(
      recentIds(on('inside', 'CLICK', NOON_MS - DAY_MS), on('outside', 'CLICK', NOON_MS - DAY_MS - 1)),
    ).toEqual(['inside']);
  });

  it('has the latest 20, newest first, and by id at the same time', () => {
    const events = Array.from({ length: 25 }, (_, index) => on(`m${index}`, 'CLICK', NOON_MS - index));
    expect(recentIds(...events)).toEqual(Array.from({ length: 20 }, (_, index) => `m${index}`));
    expect(
      recentIds(on('b', 'CLICK', NOON_MS), on('c', 'CLICK', NOON_MS), on('a', 'CLICK', NOON_MS)),
    ).toEqual(['a', 'b', 'c']);
  });

  it('has each market once, by its latest engagement', () => {
    expect(
      recentIds(on('a', 'CLICK', NOON_MS - 3), on('b', 'CLICK', NOON_MS - 2), on('a', 'SHARE', NOON_MS - 1)),
    ).toEqual(['a', 'b']);
  });

  it('has no market with only negative events or impressions', () => {
    expect(
      recentIds(on('a', 'SKIP_FAST', NOON_MS), on('b', 'HIDE', NOON_MS), on('c', 'IMPRESSION', NOON_MS)),
    ).toEqual([]);
  });

  it('has the topic keys of the markets', () => {
    expect(featuresAfter(profileEvent('CLICK', NOON_MS)).recentMarkets).toEqual([
      { id: 'm1', category: 'politics', tags: ['elections'] },
    ]);
  });
});
