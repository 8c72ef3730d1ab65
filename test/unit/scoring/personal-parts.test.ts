import { describe, expect, it } from 'vitest';
import { affinity } from '../../../src/scoring/v1/affinity.js';
import { depth } from '../../../src/scoring/shared/depth.js';
import { diversityPenalty } from '../../../src/scoring/v1/diversity-penalty.js';
import { followup } from '../../../src/scoring/v1/followup.js';
import { interest } from '../../../src/scoring/v1/interest.js';
import { negative } from '../../../src/scoring/v1/negative.js';
import { similarityTo } from '../../../src/scoring/v1/similarity.js';

const taste = (categories: Record<string, number>, tags: Record<string, number> = {}) => ({
  categoryPoints: new Map(Object.entries(categories)),
  tagPoints: new Map(Object.entries(tags)),
});
const recent = (id: string, category: string, ...tags: string[]) => ({ id, category, tags });

describe('affinity', () => {
  it.each([
    [undefined, 0],
    [0, 0],
    [37, 0.37],
    [-37, -0.37],
    [99.9, 0.999],
    [100, 1],
    [100.1, 1],
    [-100, -1],
    [-100.1, -1],
    [Infinity, 1],
  ])('of %s points is %s', (points, expected) => {
    expect(affinity(points)).toBeCloseTo(expected, 12);
  });
});

describe('interest', () => {
  const market = { category: 'politics', tags: ['election', 'senate'] };

  it('counts half of the category and three tenths of each tag', () => {
    // 0.5·0.40 + 0.3·(0.20 − 0.10)
    expect(interest(market, taste({ politics: 40 }, { election: 20, senate: -10 }))).toBeCloseTo(0.23, 12);
  });

  it('is 0 for topics the person never touched', () => {
    expect(interest(market, taste({ crypto: 90 }, { bitcoin: 90 }))).toBe(0);
  });

  it('does not take a tag for a category of the same name', () => {
    expect(interest({ category: 'election', tags: [] }, taste({}, { election: 50 }))).toBe(0);
  });

  it('is capped at 1', () => {
    // 0.5 + 0.3·2 = 1.1
    expect(interest(market, taste({ politics: 100 }, { election: 100, senate: 100 }))).toBe(1);
  });

  it('falls below −1 when everything about a market is disliked', () => {
    const disliked = taste({ politics: -500 }, { election: -500, senate: -500 });
    expect(interest(market, disliked)).toBeCloseTo(-1.1, 12);
  });
});

describe('negative', () => {
  const market = { category: 'politics', tags: ['election', 'senate'] };

  it('adds up dislike without setting liking against it', () => {
    expect(negative(market, taste({ politics: 80 }, { election: -20, senate: -5 }))).toBeCloseTo(0.25, 12);
  });

  it('is 0 for liked and for unknown topics', () => {
    expect(negative(market, taste({ politics: 80 }))).toBe(0);
  });

  it('is capped at 1', () => {
    expect(negative(market, taste({ politics: -70 }, { election: -70 }))).toBe(1);
  });
});

describe('similarity', () => {
  it.each([
    [[], [], 0],
    [['t'], [], 0],
    [[], ['t'], 0],
    [['t'], ['u'], 0],
    [['t', 'u'], ['u', 't'], 0.5],
    [['t', 'u', 'v'], ['u', 'v', 'w'], 0.25],
    [['t'], ['t', 'u', 'v', 'w'], 0.125],
  ])('gives half of the Jaccard index of the tags %j and %j', (tags, recentTags, expected) => {
    expect(similarityTo([recent('b', 'y', ...recentTags)])(recent('a', 'x', ...tags))).toBe(expected);
  });

  it('gives half for the category', () => {
    expect(similarityTo([recent('b', 'x')])(recent('a', 'x'))).toBe(0.5);
    expect(similarityTo([recent('b', 'x', 't', 'v', 'w')])(recent('a', 'x', 't', 'u'))).toBe(0.5 + 0.5 / 4);
  });

  it('carries nothing over from one market to the next', () => {
    const similarity = similarityTo([recent('b', 'x', 't', 'u')]);
    const market = recent('a', 'y', 't');
    expect([similarity(market), similarity(market), similarity(recent('c', 'y'))]).toEqual([0.25, 0.25, 0]);
  });

  it('is that of the most alike, wherever it stands', () => {
    const recents = [recent('far', 'y'), recent('near', 'x', 't'), recent('half', 'x', 'v')];
    expect(similarityTo(recents)(recent('m', 'x', 't'))).toBe(1);
  });

  it('is 0 without recent markets', () => {
    expect(similarityTo([])(recent('m', 'x', 't'))).toBe(0);
  });

  it('is 0 when the market itself is the only recent one', () => {
    const market = recent('m', 'x', 't');
    expect(similarityTo([market])(market)).toBe(0);
  });

  it('passes over the market itself among others', () => {
    const market = recent('m', 'x', 't');
    expect(similarityTo([market, recent('other', 'x')])(market)).toBe(0.5);
  });
});

describe('diversity penalty', () => {
  it('is the share of recent markets in the category', () => {
    expect(diversityPenalty('x', [recent('a', 'x'), recent('b', 'y'), recent('c', 'x')])).toBe(2 / 3);
  });

  it('is 0 without recent markets and 1 when all are of the category', () => {
    expect(diversityPenalty('x', [])).toBe(0);
    expect(diversityPenalty('x', [recent('a', 'x'), recent('b', 'x')])).toBe(1);
  });
});

describe('depth', () => {
  const dwell = (totalMs: number, events: number) => new Map([['x', { totalMs, events }]]);

  it.each([
    [45_000, 3, 0.5],
    [30_000, 1, 1],
    [29_999, 1, 29_999 / 30_000],
    [600_000, 2, 1],
    [0, 4, 0],
    [0, 0, 0],
  ])('of %i ms in %i events is %s', (totalMs, events, expected) => {
    expect(depth('x', dwell(totalMs, events))).toBeCloseTo(expected, 12);
  });

  it('is 0 for a category without dwell times', () => {
    expect(depth('y', dwell(30_000, 1))).toBe(0);
  });
});

describe('followup', () => {
  it.each([
    [0.55, 0.5],
    [0.5, 0.55],
    [0.1, 0.05],
    [0.15, 0.1],
    [0.35, 0.3],
    [0.95, 0.9],
    [1, 0.95],
    [0.7, 0.65],
    [0.1 + 0.2, 0.25],
    [0.05, 0],
    [0.5, 0.5],
  ])('is 0 for a move of 0.05 and less, as from %s to %s', (p, seen) => {
    expect(followup(p, seen)).toBe(0);
  });

  it('grows with the move from just over 0.05', () => {
    expect(followup(0.551, 0.5)).toBeCloseTo(0.255, 12);
    expect(followup(0.050_000_01, 0)).toBeCloseTo(0.25, 6);
    expect(followup(0.4, 0.5)).toBeCloseTo(0.5, 12);
  });

  it('reaches 1 at a move of 0.20 and stays there', () => {
    expect(followup(0.7, 0.5)).toBeCloseTo(1, 12);
    expect(followup(0.5, 0.3)).toBeCloseTo(1, 12);
    expect(followup(0.95, 0.05)).toBe(1);
  });

  it('is 0 when the market was never viewed or a probability is unknown', () => {
    expect(followup(0.9, undefined)).toBe(0);
    expect(followup(0.9, null)).toBe(0);
    expect(followup(null, 0.1)).toBe(0);
  });
});
