import { describe, expect, it } from 'vitest';
import { badgeOf } from '../../../src/feed/badge.js';
import { HOUR_MS } from '../../../src/lib/time.js';

const NOW_MS = Date.UTC(2026, 5, 15, 12);
const limits = { closingSoonHours: 24, hotTrending: 0.7, newHours: 24 };
const plain = { moved: false, resolvesAtMs: Infinity, createdAtMs: NOW_MS - 1_000 * HOUR_MS, trending: 0 };

describe('a badge', () => {
  it.each([
    ['MOVED', { moved: true }],
    ['CLOSING_SOON', { resolvesAtMs: NOW_MS + 24 * HOUR_MS }],
    ['HOT', { trending: 0.7 }],
    ['NEW', { createdAtMs: NOW_MS - 24 * HOUR_MS + 1 }],
  ])('%s applies from its limit on', (badge, details) => {
    expect(badgeOf({ ...plain, ...details }, NOW_MS, limits)).toBe(badge);
  });

  it.each([
    ['resolves now', { resolvesAtMs: NOW_MS }],
    ['resolves later', { resolvesAtMs: NOW_MS + 24 * HOUR_MS + 1 }],
    ['has a lower trending score', { trending: 0.69 }],
    ['is a day old', { createdAtMs: NOW_MS - 24 * HOUR_MS }],
  ])('is null for a market that %s', (_, details) => {
    expect(badgeOf({ ...plain, ...details }, NOW_MS, limits)).toBeNull();
  });

  it('is the first that applies, in the order MOVED, CLOSING_SOON, HOT, NEW', () => {
    const all = { moved: true, resolvesAtMs: NOW_MS + 1, createdAtMs: NOW_MS, trending: 1 };
    expect(badgeOf(all, NOW_MS, limits)).toBe('MOVED');
    expect(badgeOf({ ...all, moved: false }, NOW_MS, limits)).toBe('CLOSING_SOON');
    expect(badgeOf({ ...all, moved: false, resolvesAtMs: Infinity }, NOW_MS, limits)).toBe('HOT');
  });
});
