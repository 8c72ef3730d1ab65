import { describe, expect, it } from 'vitest';
import type { LifetimeTopic, TopicId, TopicState } from '../../../src/domain/profile.js';
import { DAY_MS, fold, MINUTE_MS, NOON_MS, personAfter, profileEvent } from '../../support/profile-events.js';

type Person = ReturnType<typeof personAfter>;

/** A topic with its sums that decay and those that never do. */
const topic = (person: Person, id: TopicId): (TopicState & LifetimeTopic) | undefined => {
  const [decaying, lifetime] = [person.topics.get(id), person.lifetime.topics.get(id)];
  return decaying && lifetime && { ...decaying, ...lifetime };
};

describe('taste after an event', () => {
  it('goes to the category in full and to each tag by four fifths', () => {
    const person = personAfter(profileEvent('CLICK', NOON_MS, { market: { tags: ['Elections', 'EU'] } }));
    expect(topic(person, 'CATEGORY:politics')).toMatchObject({ points: 2, longTerm: 2, session: 2 });
    expect(topic(person, 'TAG:elections')).toMatchObject({ points: 1.6, longTerm: 1.6, session: 1.6 });
    expect(topic(person, 'TAG:eu')).toMatchObject({ points: 1.6, longTerm: 1.6, session: 1.6 });
    expect(person.topics.size).toBe(3);
  });

  it('counts a category and a tag of the same name apart', () => {
    const person = personAfter(
      profileEvent('CLICK', NOON_MS, { market: { category: 'News', tags: ['news'] } }),
    );
    expect(topic(person, 'CATEGORY:news')?.points).toBe(2);
    expect(topic(person, 'TAG:news')?.points).toBe(1.6);
  });

  it('compares topics without regard to case and shows them as first written', () => {
    const person = personAfter(
      profileEvent('CLICK', NOON_MS, { market: { category: 'PoLitics' } }),
      profileEvent('CLICK', NOON_MS, { market: { category: 'POLITICS' } }),
    );
    expect(topic(person, 'CATEGORY:politics')).toMatchObject({ label: 'PoLitics', points: 4 });
  });

  it('adds points for ever and halves the long-term taste every 30 days', () => {
    const person = personAfter(
      profileEvent('CLICK', NOON_MS - 30 * DAY_MS),
      profileEvent('PARTICIPATE', NOON_MS),
    );
    expect(topic(person, 'CATEGORY:politics')).toMatchObject({
      points: 8,
      longTerm: 7,
      updatedAtMs: NOON_MS,
    });
  });

  it('takes in a late event decayed, without going back in time', () => {
    const person = personAfter(
      profileEvent('PARTICIPATE', NOON_MS),
      profileEvent('CLICK', NOON_MS - 60 * DAY_MS),
    );
    expect(topic(person, 'CATEGORY:politics')).toMatchObject({
      points: 8,
      longTerm: 6.5,
      session: 6,
      updatedAtMs: NOON_MS,
    });
    expect(person).toMatchObject({ lastActiveAtMs: NOON_MS, totalInteractions: 2 });
  });

  it('falls with dislike', () => {
    const person = personAfter(profileEvent('CLICK', NOON_MS), profileEvent('HIDE', NOON_MS));
    expect(topic(person, 'CATEGORY:politics')).toMatchObject({ points: -4, longTerm: -4, session: -4 });
    expect(topic(person, 'TAG:elections')?.points).toBeCloseTo(-3.2, 12);
  });

  it('sums the dwell times by category and not by tag', () => {
    const person = personAfter(
      profileEvent('DWELL_5', NOON_MS, { dwellMs: 6_000 }),
      profileEvent('CLICK', NOON_MS),
      profileEvent('DWELL_30', NOON_MS, { dwellMs: 40_000 }),
    );
    expect(topic(person, 'CATEGORY:politics')).toMatchObject({ dwellMsTotal: 46_000, dwellEvents: 2 });
    expect(topic(person, 'TAG:elections')).toMatchObject({ dwellMsTotal: 0, dwellEvents: 0 });
  });
});

describe('the session after an event', () => {
  it('goes on when the next event comes before 30 minutes, its taste halved every 45', () => {
    const person = personAfter(
      profileEvent('CLICK', NOON_MS),
      profileEvent('CLICK', NOON_MS + 22.5 * MINUTE_MS),
    );
    expect(person).toMatchObject({ sessionStartedAtMs: NOON_MS, sessionInteractions: 2 });
    expect(topic(person, 'CATEGORY:politics')?.session).toBeCloseTo(2 * Math.SQRT1_2 + 2, 12);
  });

  it('goes on one millisecond before the idle time is over', () => {
    const person = personAfter(
      profileEvent('CLICK', NOON_MS),
      profileEvent('CLICK', NOON_MS + 30 * MINUTE_MS - 1),
    );
    expect(person).toMatchObject({ sessionStartedAtMs: NOON_MS, sessionInteractions: 2 });
  });

  it('begins anew, with an empty taste, after exactly 30 minutes', () => {
    const laterMs = NOON_MS + 30 * MINUTE_MS;
    const person = personAfter(profileEvent('CLICK', NOON_MS), profileEvent('SHARE', laterMs));
    expect(person).toMatchObject({
      sessionStartedAtMs: laterMs,
      sessionInteractions: 1,
      lastActiveAtMs: laterMs,
    });
    expect(topic(person, 'CATEGORY:politics')).toMatchObject({ points: 6, session: 4 });
  });

  it('is the same when its events come in the wrong order', () => {
    const person = personAfter(
      profileEvent('CLICK', NOON_MS + 22.5 * MINUTE_MS),
      profileEvent('CLICK', NOON_MS),
    );
    expect(person).toMatchObject({ sessionStartedAtMs: NOON_MS, sessionInteractions: 2 });
    expect(topic(person, 'CATEGORY:politics')?.session).toBeCloseTo(2 * Math.SQRT1_2 + 2, 12);
  });

  it('is left alone by a late event of an earlier session', () => {
    const person = personAfter(
      profileEvent('CLICK', NOON_MS),
      profileEvent('SHARE', NOON_MS - 30 * MINUTE_MS),
      profileEvent('SHARE', NOON_MS - 30 * MINUTE_MS, { market: { category: 'Sports', tags: [] } }),
    );
    expect(person).toMatchObject({
      sessionStartedAtMs: NOON_MS,
      sessionInteractions: 1,
      totalInteractions: 3,
    });
    expect(topic(person, 'CATEGORY:politics')?.session).toBe(2);
    expect(topic(person, 'CATEGORY:sports')).toMatchObject({ points: 4, session: 0 });
  });
});

describe('the country of a person', () => {
  const from = (country: string, atMs: number) => profileEvent('CLICK', atMs, { country });

  it('is the one of the latest event that names one', () => {
    expect(personAfter(from('IL', NOON_MS), from('US', NOON_MS + 1)).country).toBe('US');
    expect(personAfter(from('IL', NOON_MS), profileEvent('CLICK', NOON_MS + 1)).country).toBe('IL');
  });

  it('is not taken from a late event while another is known', () => {
    expect(personAfter(from('IL', NOON_MS), from('US', NOON_MS - 1)).country).toBe('IL');
    expect(personAfter(profileEvent('CLICK', NOON_MS), from('US', NOON_MS - 1)).country).toBe('US');
  });
});

describe('entries that no event changed', () => {
  it('are the same objects as before', () => {
    const person = personAfter(
      profileEvent('CLICK', NOON_MS, { market: { id: 'm2', category: 'Sports', tags: ['Football'] } }),
      profileEvent('IMPRESSION', NOON_MS, { market: { id: 'm2' } }),
      profileEvent('HIDE', NOON_MS, { market: { id: 'm3' } }),
    );
    const after = fold(person, [profileEvent('CLICK', NOON_MS + 1)]);
    for (const id of ['CATEGORY:sports', 'TAG:football'] as const) {
      expect(after.topics.get(id)).toBe(person.topics.get(id));
      expect(after.lifetime.topics.get(id)).toBe(person.lifetime.topics.get(id));
    }
    expect(after.engagements.get('m2')).toBe(person.engagements.get('m2'));
    expect(after.impressions.get('m2')).toBe(person.impressions.get('m2'));
    expect(after.hidden).toEqual(person.hidden);
    expect(fold(person, [])).toBe(person);
  });
});
