import { describe, expect, it } from 'vitest';
import { loadRankingConfig } from '../../../src/config/ranking-config.js';
import { profileMemory } from '../../../src/profiles/profile-memory.js';
import { topicTaste } from '../../../src/profiles/topic-taste.js';
import {
  DAY_MS,
  memory,
  MINUTE_MS,
  NOON_MS,
  personAfter,
  profileEvent,
} from '../../support/profile-events.js';

const sports = { market: { id: 'm2', category: 'Sports', tags: [] } };

function tasteOf(category: string, person: ReturnType<typeof personAfter>, nowMs: number) {
  const topic = person.topics.get(`CATEGORY:${category}`);
  if (topic === undefined) throw new Error(`Nothing is known of ${category}.`);
  return topicTaste(topic, person, nowMs, memory);
}

describe('the taste for a topic', () => {
  it('is what its sums are, at the time of the event', () => {
    expect(tasteOf('politics', personAfter(profileEvent('CLICK', NOON_MS)), NOON_MS)).toEqual({
      longTerm: 2,
      session: 2,
    });
  });

  it('is half in the long term after 30 days, and in the session after 45 minutes', () => {
    const person = personAfter(
      profileEvent('SHARE', NOON_MS),
      profileEvent('CLICK', NOON_MS + 29 * MINUTE_MS, sports),
    );
    expect(tasteOf('politics', person, NOON_MS + 45 * MINUTE_MS).session).toBe(2);
    expect(tasteOf('politics', person, NOON_MS + 30 * DAY_MS).longTerm).toBe(2);
  });

  it('is empty for the session from 30 minutes without an event on', () => {
    const person = personAfter(profileEvent('CLICK', NOON_MS));
    expect(tasteOf('politics', person, NOON_MS + 30 * MINUTE_MS - 1).session).toBeGreaterThan(1);
    expect(tasteOf('politics', person, NOON_MS + 30 * MINUTE_MS).session).toBe(0);
  });

  it('does not carry the taste of one session into the next', () => {
    const person = personAfter(
      profileEvent('CLICK', NOON_MS),
      profileEvent('CLICK', NOON_MS + 30 * MINUTE_MS, sports),
    );
    expect(tasteOf('politics', person, NOON_MS + 30 * MINUTE_MS).session).toBe(0);
    expect(tasteOf('sports', person, NOON_MS + 30 * MINUTE_MS).session).toBe(2);
  });

  it('does not grow when the clock stands before the event', () => {
    const person = personAfter(profileEvent('CLICK', NOON_MS));
    expect(tasteOf('politics', person, NOON_MS - 5 * MINUTE_MS)).toEqual({ longTerm: 2, session: 2 });
  });
});

it('lasts as long as the ranking config says', () => {
  const config = loadRankingConfig(undefined);
  expect(profileMemory(config)).toEqual({
    longTermHalfLifeMs: 2_592_000_000,
    sessionHalfLifeMs: 2_700_000,
    sessionIdleMs: 1_800_000,
    tagFactor: 0.8,
  });
});
