import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { EVENT_TYPES } from '../../../../src/domain/event.js';
import { eventWeight, type EventWeights } from '../../../../src/scoring/shared/event-weight.js';

const config: EventWeights = {
  weights: {
    PARTICIPATE: 6,
    COMMENT: 4.5,
    SHARE: 4,
    BOOKMARK: 3.5,
    PARTICIPATE_INTENT: 3,
    RETURN_VISIT: 3,
    CLICK: 2,
    VIEW_MARKET: 2,
    DWELL_30: 2,
    DWELL_5: 1,
    SCROLL_PAST: -0.5,
    SKIP_FAST: -1,
    NOT_INTERESTED: -4,
    HIDE: -6,
    UNHIDE: 0,
    IMPRESSION: 0,
  },
  dwellFactors: [
    { atLeastMs: 30_000, factor: 1.5 },
    { atLeastMs: 5_000, factor: 1.2 },
  ],
  tagFactor: 0.8,
};

describe('event weight', () => {
  it('is the configured weight without a dwell time', () => {
    for (const event of EVENT_TYPES) expect(eventWeight(event, null, config)).toBe(config.weights[event]);
  });

  it.each([
    [0, 2],
    [4_999, 2],
    [5_000, 2.4],
    [29_999, 2.4],
    [30_000, 3],
    [86_400_000, 3],
  ])('of a VIEW_MARKET with a dwell time of %i ms is %s', (dwellMs, expected) => {
    expect(eventWeight('VIEW_MARKET', dwellMs, config)).toBeCloseTo(expected, 12);
  });

  it('applies the dwell factor to negative weights', () => {
    expect(eventWeight('NOT_INTERESTED', 30_000, config)).toBe(-6);
  });

  it('is 0 for IMPRESSION and UNHIDE at any dwell time', () => {
    expect(eventWeight('IMPRESSION', 60_000, config)).toBe(0);
    expect(eventWeight('UNHIDE', 60_000, config)).toBe(0);
  });

  it('has no dwell factor when none is configured', () => {
    expect(eventWeight('CLICK', 60_000, { ...config, dwellFactors: [] })).toBe(2);
  });
});

describe('event types', () => {
  it('match the enum in the Prisma schema', () => {
    const schema = readFileSync(new URL('../../../../prisma/schema.prisma', import.meta.url), 'utf8');
    const body = /enum EventType \{([^}]*)\}/.exec(schema)?.[1] ?? '';
    const inDatabase = body.split('\n').flatMap((line) => /^ *([A-Z0-9_]+)$/.exec(line)?.[1] ?? []);
    expect([...EVENT_TYPES].sort()).toEqual(inDatabase.sort());
  });
});
