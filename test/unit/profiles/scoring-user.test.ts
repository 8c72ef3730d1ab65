import { describe, expect, it } from 'vitest';
import { scoringUser } from '../../../src/profiles/scoring-user.js';
import { emptyProfile } from '../../../src/domain/profile.js';
import type { EventType } from '../../../src/domain/event.js';
import type { ScoringUser } from '../../../src/scoring/v1/inputs.js';
import { DAY_MS, NOON_MS, personAfter, profileEvent } from '../../support/profile-events.js';

const on = (id: string, eventType: EventType, atMs: number) =>
  profileEvent(eventType, atMs, { market: { id } });

function userAfter(...events: Parameters<typeof personAfter>): ScoringUser {
  const user = scoringUser(personAfter(...events), NOON_MS);
  if (user === null) throw new Error('This person should have interactions.');
  return user;
}

const recentIds = (...events: Parameters<typeof personAfter>): string[] =>
  userAfter(...events).recentMarkets.map(({ id }) => id);

describe('what algorithm v1 reads of a person', () => {
  it('is nothing before the first interaction, impressions notwithstanding', () => {
    expect(scoringUser(emptyProfile('ada'), NOON_MS)).toBeNull();
    expect(scoringUser(personAfter(profileEvent('IMPRESSION', NOON_MS)), NOON_MS)).toBeNull();
  });

  it('has the plain points, however old, by category and by tag', () => {
    const user = userAfter(
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
    const user = userAfter(
      profileEvent('DWELL_5', NOON_MS, { dwellMs: 6_000 }),
      profileEvent('SKIP_FAST', NOON_MS, { dwellMs: 0 }),
      profileEvent('CLICK', NOON_MS, { market: { category: 'Sports' } }),
    );
    expect([...user.dwellByCategory]).toEqual([['politics', { totalMs: 6_000, events: 2 }]]);
  });

  it('has the probability at the last view of each market viewed, or that it was unknown', () => {
    const user = userAfter(
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

describe('the recent markets of a person', () => {
  it('are those of the last 24 hours, their first instant included', () => {
    expect(
      recentIds(on('inside', 'CLICK', NOON_MS - DAY_MS), on('outside', 'CLICK', NOON_MS - DAY_MS - 1)),
    ).toEqual(['inside']);
  });

  it('are the 20 latest, newest first, and at the same time in the order of their ids', () => {
    const events = Array.from({ length: 25 }, (_, index) => on(`m${index}`, 'CLICK', NOON_MS - index));
    expect(recentIds(...events)).toEqual(Array.from({ length: 20 }, (_, index) => `m${index}`));
    expect(
      recentIds(on('b', 'CLICK', NOON_MS), on('c', 'CLICK', NOON_MS), on('a', 'CLICK', NOON_MS)),
    ).toEqual(['a', 'b', 'c']);
  });

  it('are distinct, each at its latest liking', () => {
    expect(
      recentIds(on('a', 'CLICK', NOON_MS - 3), on('b', 'CLICK', NOON_MS - 2), on('a', 'SHARE', NOON_MS - 1)),
    ).toEqual(['a', 'b']);
  });

  it('are not those that were only disliked or shown', () => {
    expect(
      recentIds(on('a', 'SKIP_FAST', NOON_MS), on('b', 'HIDE', NOON_MS), on('c', 'IMPRESSION', NOON_MS)),
    ).toEqual([]);
  });

  it('come with their topics as keys', () => {
    expect(userAfter(profileEvent('CLICK', NOON_MS)).recentMarkets).toEqual([
      { id: 'm1', category: 'politics', tags: ['elections'] },
    ]);
  });
});
