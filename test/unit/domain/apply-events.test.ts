import { describe, expect, it } from 'vitest';
import type { FullProfile, LifetimeTopic, TopicId, TopicState } from '../../../src/domain/profile.js';
import { DAY_MS, MINUTE_MS } from '../../../src/lib/time.js';
import { fold, NOON_MS, profileAfter, profileEvent } from '../../support/profile-events.js';

/** A topic with its decayed and its lifetime sums. */
const topic = (profile: FullProfile, id: TopicId): (TopicState & LifetimeTopic) | undefined => {
  const [decayed, lifetime] = [profile.topics.get(id), profile.lifetime.topics.get(id)];
  return decayed && lifetime && { ...decayed, ...lifetime };
};

describe('topic affinity', () => {
  it('adds the full weight to the category and 80% of it to each tag', () => {
    const profile = profileAfter(profileEvent('CLICK', NOON_MS, { market: { tags: ['Elections', 'EU'] } }));
    expect(topic(profile, 'CATEGORY:politics')).toMatchObject({ points: 2, longTerm: 2, session: 2 });
    expect(topic(profile, 'TAG:elections')).toMatchObject({ points: 1.6, longTerm: 1.6, session: 1.6 });
    expect(topic(profile, 'TAG:eu')).toMatchObject({ points: 1.6, longTerm: 1.6, session: 1.6 });
    expect(profile.topics.size).toBe(3);
  });

  it('counts a category and a tag of the same name separately', () => {
    const profile = profileAfter(
      profileEvent('CLICK', NOON_MS, { market: { category: 'News', tags: ['news'] } }),
    );
    expect(topic(profile, 'CATEGORY:news')?.points).toBe(2);
    expect(topic(profile, 'TAG:news')?.points).toBe(1.6);
  });

  it('ignores the case of a topic and keeps the label as first written', () => {
    const profile = profileAfter(
      profileEvent('CLICK', NOON_MS, { market: { category: 'PoLitics' } }),
      profileEvent('CLICK', NOON_MS, { market: { category: 'POLITICS' } }),
    );
    expect(topic(profile, 'CATEGORY:politics')).toMatchObject({ label: 'PoLitics', points: 4 });
  });

  it('decays long-term affinity with a half-life of 30 days, and points never', () => {
    const profile = profileAfter(
      profileEvent('CLICK', NOON_MS - 30 * DAY_MS),
      profileEvent('PARTICIPATE', NOON_MS),
    );
    expect(topic(profile, 'CATEGORY:politics')).toMatchObject({
      points: 8,
      longTerm: 7,
      updatedAtMs: NOON_MS,
    });
  });

  it('adds a late event decayed, without moving the profile back in time', () => {
    const profile = profileAfter(
      profileEvent('PARTICIPATE', NOON_MS),
      profileEvent('CLICK', NOON_MS - 60 * DAY_MS),
    );
    expect(topic(profile, 'CATEGORY:politics')).toMatchObject({
      points: 8,
      longTerm: 6.5,
      session: 6,
      updatedAtMs: NOON_MS,
    });
    expect(profile).toMatchObject({ lastActiveAtMs: NOON_MS, totalInteractions: 2 });
  });

  it('decreases with a negative event', () => {
    const profile = profileAfter(profileEvent('CLICK', NOON_MS), profileEvent('HIDE', NOON_MS));
    expect(topic(profile, 'CATEGORY:politics')).toMatchObject({ points: -4, longTerm: -4, session: -4 });
    expect(topic(profile, 'TAG:elections')?.points).toBeCloseTo(-3.2, 12);
  });

  it('sums dwell times by category, not by tag', () => {
    const profile = profileAfter(
      profileEvent('DWELL_5', NOON_MS, { dwellMs: 6_000 }),
      profileEvent('CLICK', NOON_MS),
      profileEvent('DWELL_30', NOON_MS, { dwellMs: 40_000 }),
    );
    expect(topic(profile, 'CATEGORY:politics')).toMatchObject({ dwellMsTotal: 46_000, dwellEvents: 2 });
    expect(topic(profile, 'TAG:elections')).toMatchObject({ dwellMsTotal: 0, dwellEvents: 0 });
  });
});

describe('session', () => {
  it('continues with an event within 30 minutes, and its affinity has a half-life of 45 minutes', () => {
    const profile = profileAfter(
      profileEvent('CLICK', NOON_MS),
      profileEvent('CLICK', NOON_MS + 22.5 * MINUTE_MS),
    );
    expect(profile).toMatchObject({ sessionStartedAtMs: NOON_MS, sessionInteractions: 2 });
    expect(topic(profile, 'CATEGORY:politics')?.session).toBeCloseTo(2 * Math.SQRT1_2 + 2, 12);
  });

  it('continues one millisecond before the idle time ends', () => {
    const profile = profileAfter(
      profileEvent('CLICK', NOON_MS),
      profileEvent('CLICK', NOON_MS + 30 * MINUTE_MS - 1),
    );
    expect(profile).toMatchObject({ sessionStartedAtMs: NOON_MS, sessionInteractions: 2 });
  });

  it('restarts without affinity after exactly 30 minutes', () => {
    const laterMs = NOON_MS + 30 * MINUTE_MS;
    const profile = profileAfter(profileEvent('CLICK', NOON_MS), profileEvent('SHARE', laterMs));
    expect(profile).toMatchObject({
      sessionStartedAtMs: laterMs,
      sessionInteractions: 1,
      lastActiveAtMs: laterMs,
    });
    expect(topic(profile, 'CATEGORY:politics')).toMatchObject({ points: 6, session: 4 });
  });

  it('is the same when its events arrive out of order', () => {
    const profile = profileAfter(
      profileEvent('CLICK', NOON_MS + 22.5 * MINUTE_MS),
      profileEvent('CLICK', NOON_MS),
    );
    expect(profile).toMatchObject({ sessionStartedAtMs: NOON_MS, sessionInteractions: 2 });
    expect(topic(profile, 'CATEGORY:politics')?.session).toBeCloseTo(2 * Math.SQRT1_2 + 2, 12);
  });

  it('does not change with a late event of an earlier session', () => {
    const profile = profileAfter(
      profileEvent('CLICK', NOON_MS),
      profileEvent('SHARE', NOON_MS - 30 * MINUTE_MS),
      profileEvent('SHARE', NOON_MS - 30 * MINUTE_MS, { market: { category: 'Sports', tags: [] } }),
    );
    expect(profile).toMatchObject({
      sessionStartedAtMs: NOON_MS,
      sessionInteractions: 1,
      totalInteractions: 3,
    });
    expect(topic(profile, 'CATEGORY:politics')?.session).toBe(2);
    expect(topic(profile, 'CATEGORY:sports')).toMatchObject({ points: 4, session: 0 });
  });
});

describe('country', () => {
  const from = (country: string, atMs: number) => profileEvent('CLICK', atMs, { country });

  it('is the country of the latest event that has one', () => {
    expect(profileAfter(from('IL', NOON_MS), from('US', NOON_MS + 1)).country).toBe('US');
    expect(profileAfter(from('IL', NOON_MS), profileEvent('CLICK', NOON_MS + 1)).country).toBe('IL');
  });

  it('is not taken from a late event if a country is known', () => {
    expect(profileAfter(from('IL', NOON_MS), from('US', NOON_MS - 1)).country).toBe('IL');
    expect(profileAfter(profileEvent('CLICK', NOON_MS), from('US', NOON_MS - 1)).country).toBe('US');
  });
});

describe('entries without a change', () => {
  it('are the same objects as before', () => {
    const profile = profileAfter(
      profileEvent('CLICK', NOON_MS, { market: { id: 'm2', category: 'Sports', tags: ['Football'] } }),
      profileEvent('IMPRESSION', NOON_MS, { market: { id: 'm2' } }),
      profileEvent('HIDE', NOON_MS, { market: { id: 'm3' } }),
    );
    const after = fold(profile, [profileEvent('CLICK', NOON_MS + 1)]);
    for (const id of ['CATEGORY:sports', 'TAG:football'] as const) {
      expect(after.topics.get(id)).toBe(profile.topics.get(id));
      expect(after.lifetime.topics.get(id)).toBe(profile.lifetime.topics.get(id));
    }
    expect(after.engagements.get('m2')).toBe(profile.engagements.get('m2'));
    expect(after.impressions.get('m2')).toBe(profile.impressions.get('m2'));
    expect(after.hidden).toEqual(profile.hidden);
    expect(fold(profile, [])).toBe(profile);
  });
});
