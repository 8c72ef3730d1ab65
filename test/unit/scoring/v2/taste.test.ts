import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { interestV2 } from '../../../../src/scoring/v2/interest-v2.js';
import { negativeV2 } from '../../../../src/scoring/v2/negative-v2.js';
import { sessionShare, topicTaste } from '../../../../src/scoring/v2/topic-taste.js';
import { CONSTANTS } from '../../../support/scoring-v2.js';

const { taste } = CONSTANTS;
const MINUTE_MS = 60_000;
const interestOf = (...tastes: number[]) =>
  interestV2(Float64Array.from(tastes), Int32Array.from(tastes.keys()), 0, tastes.length, taste.strongest);
const negativeOf = (...tastes: number[]) =>
  negativeV2(Float64Array.from(tastes), Int32Array.from(tastes.keys()), 0, tastes.length);

describe("the session's share of taste", () => {
  it('grows with its events and is halved with every quarter of an hour of silence', () => {
    const share = (sessionEvents: number, idleMinutes: number) =>
      sessionShare({ sessionEvents, idleMs: idleMinutes * MINUTE_MS }, taste);
    expect([share(0, 0), share(3, 0), share(9, 0), share(3, 15), share(9, 30)]).toEqual([
      ...[0, 0.5, 0.75, 0.25, 0.1875],
    ]);
    expect([share(3, -5), share(3, NaN), share(NaN, 0), share(Infinity, 0)]).toEqual([0.5, 0.5, 0, 0]);
  });
});

describe('taste for a topic', () => {
  it('is tanh of the points over their scale, long term and session by their shares, times what the topic says', () => {
    expect(topicTaste(20, 0, 0, 1, taste)).toBeCloseTo(Math.tanh(1), 12);
    expect(topicTaste(20, -6, 0.25, 1, taste)).toBeCloseTo(0.75 * Math.tanh(1) - 0.25 * Math.tanh(1), 12);
    expect(topicTaste(40, 6, 0.5, 0.5, taste)).toBeCloseTo(0.25 * (Math.tanh(2) + Math.tanh(1)), 12);
    expect(topicTaste(1e300, Infinity, 0.5, 1, taste)).toBe(1);
    expect(topicTaste(NaN, 0, 0.5, 1, taste)).toBe(0);
  });

  it('stays within −1 and 1', () => {
    const points = fc.double({ noNaN: true });
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(points, points, share, share, (long, session, w, idf) => {
        expect(Math.abs(topicTaste(long, session, w, idf, taste))).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('interest', () => {
  it('is mostly the strongest liking, and for the rest the mean of all, a dislike taken as none', () => {
    expect(interestOf(0.8)).toBeCloseTo(0.8, 12);
    expect(interestOf(0.8, 0.4)).toBeCloseTo(0.7 * 0.8 + 0.3 * 0.6, 12);
    expect(interestOf(0.8, 0.4, -1, 0)).toBeCloseTo(0.7 * 0.8 + (0.3 * 1.2) / 4, 12);
    expect([interestOf(), interestOf(-1), interestOf(0, 0)]).toEqual([0, 0, 0]);
  });

  it('reads the topics between its bounds only', () => {
    const tastes = Float64Array.of(1, 0.5, -1);
    const topics = Int32Array.of(0, 1, 2, 0);
    expect(interestV2(tastes, topics, 1, 2, 0.7)).toBeCloseTo(0.5, 12);
    expect(negativeV2(tastes, topics, 0, 2)).toBe(0);
    expect(negativeV2(tastes, topics, 1, 3)).toBe(1);
  });
});

describe('negative', () => {
  it('is the largest dislike, however much else is liked', () => {
    expect([negativeOf(), negativeOf(0.5), negativeOf(1, -0.25, -0.5, 1)]).toEqual([0, 0, 0.5]);
    expect(Object.is(negativeOf(0), 0)).toBe(true);
  });
});
