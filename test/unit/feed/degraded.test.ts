import { describe, expect, it } from 'vitest';
import { isFallback, staleTrends } from '../../../src/feed/degraded.js';
import { MINUTE_MS } from '../../../src/lib/time.js';

const NOW_MS = Date.parse('2026-06-01T12:00:00Z');

describe('trends', () => {
  it('are stale when they are more than 10 minutes old', () => {
    expect(staleTrends(NOW_MS, NOW_MS - 10 * MINUTE_MS)).toEqual([]);
    expect(staleTrends(NOW_MS, NOW_MS - 10 * MINUTE_MS - 1)).toEqual(['TRENDS_STALE']);
  });

  it.each([0, -Infinity])('are not stale before the first computation (%d)', (computedAtMs) => {
    expect(staleTrends(NOW_MS, computedAtMs)).toEqual([]);
  });
});

it('a ranking with old trends is no fallback, and one without an input is', () => {
  expect(isFallback([])).toBe(false);
  expect(isFallback(['TRENDS_STALE'])).toBe(false);
  expect(isFallback(['PROFILE_UNAVAILABLE'])).toBe(true);
  expect(isFallback(['TRENDS_STALE', 'MARKETS_UNAVAILABLE'])).toBe(true);
});
