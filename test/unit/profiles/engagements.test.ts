import { describe, expect, it } from 'vitest';
import type { EngagementState } from '../../../src/domain/profile.js';
import type { EventType } from '../../../src/domain/event.js';
import { DAY_MS, fold, NOON_MS, personAfter, profileEvent } from '../../support/profile-events.js';

const engagement = (person: ReturnType<typeof personAfter>): EngagementState | undefined =>
  person.engagements.get('m1');

describe('what a person engaged with', () => {
  it('is remembered with the weight and the topics of the latest liking', () => {
    const person = personAfter(
      profileEvent('CLICK', NOON_MS),
      profileEvent('SHARE', NOON_MS + 1),
      profileEvent('BOOKMARK', NOON_MS - 1),
    );
    expect(engagement(person)).toEqual({
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
    'is no market that only a %s is known of',
    (eventType) => {
      expect(personAfter(profileEvent(eventType, NOON_MS)).engagements.size).toBe(0);
    },
  );

  it.each<EventType>(['VIEW_MARKET', 'CLICK'])('has the probability at the latest %s', (eventType) => {
    const seen = (probability: number | null, atMs: number) =>
      profileEvent(eventType, atMs, { market: { probability } });
    expect(engagement(personAfter(seen(0.3, NOON_MS), seen(0.4, NOON_MS + 1)))?.viewProbability).toBe(0.4);
    expect(engagement(personAfter(seen(0.3, NOON_MS), seen(0.4, NOON_MS - 1)))?.viewProbability).toBe(0.3);
    expect(engagement(personAfter(seen(0.3, NOON_MS), seen(null, NOON_MS + 1)))).toMatchObject({
      viewedAtMs: NOON_MS + 1,
      viewProbability: null,
    });
  });

  it('counts as not viewed before a view', () => {
    const person = personAfter(profileEvent('PARTICIPATE', NOON_MS, { market: { probability: 0.9 } }));
    expect(engagement(person)).toMatchObject({
      engagedAtMs: NOON_MS,
      viewedAtMs: null,
      viewProbability: null,
    });
  });

  it('has the time of the latest trade, whatever else was done since and in whatever order', () => {
    const traded = (...atMs: number[]) =>
      engagement(personAfter(...atMs.map((at) => profileEvent('PARTICIPATE', at))))?.tradedAtMs;
    expect([traded(NOON_MS, NOON_MS + 1), traded(NOON_MS + 1, NOON_MS)]).toEqual([NOON_MS + 1, NOON_MS + 1]);
    const person = personAfter(profileEvent('PARTICIPATE', NOON_MS), profileEvent('CLICK', NOON_MS + 5));
    expect(engagement(person)).toMatchObject({ tradedAtMs: NOON_MS, engagedAtMs: NOON_MS + 5 });
    expect(engagement(personAfter(profileEvent('PARTICIPATE_INTENT', NOON_MS)))?.tradedAtMs).toBeNull();
  });

  it('counts as traded in, not as liked, when a trade weighs nothing', () => {
    const person = personAfter({ ...profileEvent('PARTICIPATE', NOON_MS), weight: 0 });
    expect(engagement(person)).toMatchObject({ engagedAtMs: null, tradedAtMs: NOON_MS });
  });

  it('counts as viewed, not as liked, when a view weighs nothing', () => {
    const person = personAfter({ ...profileEvent('VIEW_MARKET', NOON_MS), weight: 0 });
    expect(engagement(person)).toMatchObject({ engagedAtMs: null, weight: 0, viewedAtMs: NOON_MS });
  });
});

describe('what a person hid', () => {
  const hidden = (...events: [EventType, number][]): [string, number][] => [
    ...personAfter(...events.map(([eventType, atMs]) => profileEvent(eventType, atMs))).hidden,
  ];

  it('stays hidden until it is shown again', () => {
    expect(hidden(['HIDE', NOON_MS])).toEqual([['m1', NOON_MS]]);
    expect(hidden(['HIDE', NOON_MS], ['PARTICIPATE', NOON_MS + DAY_MS])).toEqual([['m1', NOON_MS]]);
    expect(hidden(['HIDE', NOON_MS], ['UNHIDE', NOON_MS])).toEqual([]);
    expect(hidden(['HIDE', NOON_MS], ['UNHIDE', NOON_MS + 1], ['HIDE', NOON_MS + 2])).toEqual([
      ['m1', NOON_MS + 2],
    ]);
  });

  it('is not shown again by a late event from before it was hidden', () => {
    expect(hidden(['HIDE', NOON_MS], ['UNHIDE', NOON_MS - 1])).toEqual([['m1', NOON_MS]]);
    expect(hidden(['HIDE', NOON_MS], ['HIDE', NOON_MS - 1])).toEqual([['m1', NOON_MS]]);
  });

  it('hides that market alone', () => {
    const person = personAfter(
      profileEvent('HIDE', NOON_MS),
      profileEvent('HIDE', NOON_MS, { market: { id: 'm2' } }),
      profileEvent('UNHIDE', NOON_MS, { market: { id: 'm2' } }),
    );
    expect([...person.hidden.keys()]).toEqual(['m1']);
  });

  it('counts as disliked when hidden, and says nothing of taste when shown again', () => {
    const person = personAfter(profileEvent('HIDE', NOON_MS));
    const after = fold(person, [profileEvent('UNHIDE', NOON_MS)]);
    expect(after.lifetime.topics.get('CATEGORY:politics')?.points).toBe(-6);
    expect([...person.hidden.keys()]).toEqual(['m1']);
    expect(after.topics).toEqual(person.topics);
    expect(after.totalInteractions).toBe(2);
  });
});
