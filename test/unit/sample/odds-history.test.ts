import { describe, expect, test } from 'vitest';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/lib/time.js';
import { simulateOddsHistory } from '../../../src/sample/odds-history.js';
import { loadSampleCatalog } from '../../../src/sample/sample-catalog.js';

/** Not on a full minute or hour. */
const nowMs = Date.UTC(2026, 4, 3, 17, 2, 30);
const markets = loadSampleCatalog(nowMs);
const history = simulateOddsHistory(markets, { seed: 7, nowMs, days: 14 });
const pointsOf = (id: string) => history.filter(({ marketId }) => marketId === id);
const logit = (p: number) => Math.log(p / (1 - p));

describe('simulateOddsHistory', () => {
  test('ends with the current values of each open market, at the current minute', () => {
    for (const { id, status, probability, volume24h, participantCount } of markets) {
      if (status !== 'OPEN') continue;
      const atMs = Math.floor(nowMs / MINUTE_MS) * MINUTE_MS;
      expect(pointsOf(id).at(-1)).toEqual({
        marketId: id,
        atMs,
        probability,
        volume24h,
        participantCount,
      });
    }
  });

  test('ends at the resolution time of a market that is not open', () => {
    for (const { id, status, resolvesAt, probability } of markets) {
      if (status === 'OPEN') continue;
      expect(pointsOf(id).at(-1)).toMatchObject({
        atMs: Math.floor(Date.parse(resolvesAt) / MINUTE_MS) * MINUTE_MS,
        probability,
      });
    }
  });

  test('has points at distinct minutes in time order, between creation and end, for at most 14 days', () => {
    for (const { id, createdAt } of markets) {
      const times = pointsOf(id).map(({ atMs }) => atMs);
      expect(times, id).toEqual([...new Set(times)].sort((a, b) => a - b));
      expect(times[0], id).toBeGreaterThanOrEqual(Date.parse(createdAt));
      expect(times[0], id).toBeGreaterThanOrEqual((times.at(-1) ?? nowMs) - 14 * DAY_MS);
      expect(times.filter((atMs) => atMs % MINUTE_MS !== 0)).toEqual([]);
    }
  });

  test('has hourly points in the last 2 days, and daily ones before, for a market older than 14 days', () => {
    const times = pointsOf('arsenal-title').map(({ atMs }) => atMs);
    // 12 days and 48 hours are the requested 14 days.
    const gapsHours = times.slice(1).map((atMs, index) => (atMs - (times[index] ?? 0)) / HOUR_MS);
    expect(gapsHours).toEqual([...Array<number>(12).fill(24), ...Array<number>(48).fill(1)]);
  });

  test('keeps every value in its range', () => {
    const outOfRange = history.filter(
      ({ probability, volume24h, participantCount }) =>
        !(probability > 0 && probability < 1 && volume24h >= 0 && participantCount >= 0),
    );
    expect(outOfRange).toEqual([]);
  });

  test('contains 15 to 30 open markets with a large move in the last 24 hours', () => {
    // A large move is over 0.7 in log-odds, such as from 0.5 to 0.67.
    const moved = markets.filter(({ id, status, probability }) => {
      const before = pointsOf(id).findLast(({ atMs }) => atMs <= nowMs - DAY_MS);
      return status === 'OPEN' && before && Math.abs(logit(probability) - logit(before.probability)) > 0.7;
    });
    expect(moved.length).toBeGreaterThanOrEqual(15);
    expect(moved.length).toBeLessThanOrEqual(30);
  });

  test('has at most 25,000 points', () => {
    expect(history.length).toBeLessThanOrEqual(25_000);
  });

  test('is deterministic for a seed, and differs for another seed', () => {
    expect(simulateOddsHistory(markets, { seed: 7, nowMs, days: 14 })).toEqual(history);
    expect(simulateOddsHistory(markets, { seed: 8, nowMs, days: 14 })).not.toEqual(history);
  });
});
