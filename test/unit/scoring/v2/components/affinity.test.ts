import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MINUTE_MS } from '../../../../../src/lib/time.js';
import {
  interest,
  negative,
  sessionShare,
  topicAffinity,
} from '../../../../../src/scoring/v2/components/affinity.js';
import { CONSTANTS } from '../../../../support/scoring-v2.js';

const { affinity: constants } = CONSTANTS;
const interestOf = (...affinities: number[]) =>
  interest(
    Float64Array.from(affinities),
    Int32Array.from(affinities.keys()),
    0,
    affinities.length,
    constants.strongest,
  );
const negativeOf = (...affinities: number[]) =>
  negative(Float64Array.from(affinities), Int32Array.from(affinities.keys()), 0, affinities.length);

describe('share of the session', () => {
  it('increases with session events and decays with a half-life of 15 idle minutes', () => {
    const share = (sessionEvents: number, idleMinutes: number) =>
      sessionShare({ sessionEvents, idleMs: idleMinutes * MINUTE_MS }, constants);
    expect([share(0, 0), share(3, 0), share(9, 0), share(3, 15), share(9, 30)]).toEqual([
      ...[0, 0.5, 0.75, 0.25, 0.1875],
    ]);
    expect([share(3, -5), share(3, NaN), share(NaN, 0), share(Infinity, 0)]).toEqual([0.5, 0.5, 0, 0]);
  });
});

describe('topic affinity', () => {
  it('is the blend of long-term and session tanh(points / scale), times idf', () => {
    expect(topicAffinity(20, 0, 0, 1, constants)).toBeCloseTo(Math.tanh(1), 12);
    expect(topicAffinity(20, -6, 0.25, 1, constants)).toBeCloseTo(
      0.75 * Math.tanh(1) - 0.25 * Math.tanh(1),
      12,
    );
    expect(topicAffinity(40, 6, 0.5, 0.5, constants)).toBeCloseTo(0.25 * (Math.tanh(2) + Math.tanh(1)), 12);
    expect(topicAffinity(1e300, Infinity, 0.5, 1, constants)).toBe(1);
    expect(topicAffinity(NaN, 0, 0.5, 1, constants)).toBe(0);
  });

  it('is between −1 and 1', () => {
    const points = fc.double({ noNaN: true });
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(points, points, share, share, (long, session, w, idf) => {
        expect(Math.abs(topicAffinity(long, session, w, idf, constants))).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('interest', () => {
  it('is 0.7 of the largest and 0.3 of the mean affinity, negative ones counted as 0', () => {
    expect(interestOf(0.8)).toBeCloseTo(0.8, 12);
    expect(interestOf(0.8, 0.4)).toBeCloseTo(0.7 * 0.8 + 0.3 * 0.6, 12);
    expect(interestOf(0.8, 0.4, -1, 0)).toBeCloseTo(0.7 * 0.8 + (0.3 * 1.2) / 4, 12);
    expect([interestOf(), interestOf(-1), interestOf(0, 0)]).toEqual([0, 0, 0]);
  });

  it('reads only the topics between the bounds', () => {
    const affinities = Float64Array.of(1, 0.5, -1);
    const topics = Int32Array.of(0, 1, 2, 0);
    expect(interest(affinities, topics, 1, 2, 0.7)).toBeCloseTo(0.5, 12);
    expect(negative(affinities, topics, 0, 2)).toBe(0);
    expect(negative(affinities, topics, 1, 3)).toBe(1);
  });
});

describe('negative', () => {
  it('is the strongest negative affinity, and ignores positive affinities', () => {
    expect([negativeOf(), negativeOf(0.5), negativeOf(1, -0.25, -0.5, 1)]).toEqual([0, 0, 0.5]);
    expect(Object.is(negativeOf(0), 0)).toBe(true);
  });
});
