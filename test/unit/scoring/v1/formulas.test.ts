import { describe, expect, it } from 'vitest';
import { HOUR_MS } from '../../../../src/lib/time.js';
import {
  affinity,
  diversityPenalty,
  followup,
  freshness,
  interest,
  negative,
  newsBoost,
  rising,
  similarityTo,
  sportsBoost,
} from '../../../../src/scoring/v1/formulas.js';

const now = Date.UTC(2026, 5, 15, 12);
const hours = (count: number): number => count * HOUR_MS;
const points = (categories: Record<string, number>, tags: Record<string, number> = {}) => ({
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

  it('is 0.5 of the category and 0.3 of each tag', () => {
    // 0.5·0.40 + 0.3·(0.20 − 0.10)
    expect(interest(market, points({ politics: 40 }, { election: 20, senate: -10 }))).toBeCloseTo(0.23, 12);
  });

  it('is 0 for topics without events', () => {
    expect(interest(market, points({ crypto: 90 }, { bitcoin: 90 }))).toBe(0);
  });

  it('distinguishes a tag from a category of the same name', () => {
    expect(interest({ category: 'election', tags: [] }, points({}, { election: 50 }))).toBe(0);
  });

  it('is at most 1', () => {
    // 0.5 + 0.3·2 = 1.1
    expect(interest(market, points({ politics: 100 }, { election: 100, senate: 100 }))).toBe(1);
  });

  it('is below −1 when all topics have negative affinity', () => {
    const negativePoints = points({ politics: -500 }, { election: -500, senate: -500 });
    expect(interest(market, negativePoints)).toBeCloseTo(-1.1, 12);
  });
});

describe('negative', () => {
  const market = { category: 'politics', tags: ['election', 'senate'] };

  it('adds up negative affinities and ignores positive ones', () => {
    expect(negative(market, points({ politics: 80 }, { election: -20, senate: -5 }))).toBeCloseTo(0.25, 12);
  });

  it('is 0 for topics of positive affinity and without events', () => {
    expect(negative(market, points({ politics: 80 }))).toBe(0);
  });

  it('is at most 1', () => {
    expect(negative(market, points({ politics: -70 }, { election: -70 }))).toBe(1);
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
  ])('is half of the Jaccard index of the tags %j and %j', (tags, recentTags, expected) => {
    expect(similarityTo([recent('b', 'y', ...recentTags)])(recent('a', 'x', ...tags))).toBe(expected);
  });

  it('is 0.5 for the same category, plus the tags', () => {
    expect(similarityTo([recent('b', 'x')])(recent('a', 'x'))).toBe(0.5);
    expect(similarityTo([recent('b', 'x', 't', 'v', 'w')])(recent('a', 'x', 't', 'u'))).toBe(0.5 + 0.5 / 4);
  });

  it('does not depend on the markets compared before', () => {
    const similarity = similarityTo([recent('b', 'x', 't', 'u')]);
    const market = recent('a', 'y', 't');
    expect([similarity(market), similarity(market), similarity(recent('c', 'y'))]).toEqual([0.25, 0.25, 0]);
  });

  it('is the maximum over the recent markets', () => {
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

  it('ignores the market itself among others', () => {
    const market = recent('m', 'x', 't');
    expect(similarityTo([market, recent('other', 'x')])(market)).toBe(0.5);
  });
});

describe('diversity penalty', () => {
  it('is the share of recent markets in the category', () => {
    expect(diversityPenalty('x', [recent('a', 'x'), recent('b', 'y'), recent('c', 'x')])).toBe(2 / 3);
  });

  it('is 0 without recent markets and 1 when all are in the category', () => {
    expect(diversityPenalty('x', [])).toBe(0);
    expect(diversityPenalty('x', [recent('a', 'x'), recent('b', 'x')])).toBe(1);
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
  ])('is 0 for a move of at most 0.05, between %s and %s', (p, seen) => {
    expect(followup(p, seen)).toBe(0);
  });

  it('increases with the move above 0.05', () => {
    expect(followup(0.551, 0.5)).toBeCloseTo(0.255, 12);
    expect(followup(0.050_000_01, 0)).toBeCloseTo(0.25, 6);
    expect(followup(0.4, 0.5)).toBeCloseTo(0.5, 12);
  });

  it('is 1 for a move of at least 0.20', () => {
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

describe('freshness', () => {
  it.each([
    ['now', 0, 1],
    ['1 ms under 24 h', hours(24) - 1, 1],
    ['exactly 24 h', hours(24), 0.8],
    ['1 ms under 168 h', hours(168) - 1, 0.8],
    ['exactly 168 h', hours(168), 0.5],
    ['1 ms under 720 h', hours(720) - 1, 0.5],
    ['exactly 720 h', hours(720), 0.3],
    ['ten years', hours(87_600), 0.3],
    ['an hour in the future', -hours(1), 1],
    ['a year in the future', -hours(8760), 1],
  ])('for an age of %s', (_name, ageMs, expected) => {
    expect(freshness(now - ageMs, now)).toBe(expected);
  });
});

describe('news boost', () => {
  const market = (category: string, tags: string[], ageMs: number) => ({
    category,
    tags,
    createdAtMs: now - ageMs,
  });

  it.each([
    ['in the category news', 'news', []],
    ['in the category breaking', 'breaking', []],
    ['tagged news', 'world', ['asia', 'news']],
    ['tagged breaking', 'world', ['breaking']],
  ])('is 0.8 for a new market %s', (_name, category, tags) => {
    expect(newsBoost(market(category, tags, 0), now)).toBe(0.8);
  });

  it('is 0 for any other market', () => {
    expect(newsBoost(market('newsletter', ['old news', 'breaking-bad'], 0), now)).toBe(0);
  });

  it('applies once when category and tags match', () => {
    expect(newsBoost(market('news', ['news', 'breaking'], 0), now)).toBe(0.8);
  });

  it.each([
    ['1 ms under 24 h', hours(24) - 1, 0.8],
    ['exactly 24 h', hours(24), 0.5],
    ['1 ms under 168 h', hours(168) - 1, 0.5],
    ['exactly 168 h', hours(168), 0],
    ['an hour in the future', -hours(1), 0.8],
  ])('for an age of %s', (_name, ageMs, expected) => {
    expect(newsBoost(market('news', [], ageMs), now)).toBe(expected);
  });
});

describe('sports boost', () => {
  it.each([
    ['1 ms under 24 h', hours(24) - 1, 0],
    ['exactly 24 h', hours(24), 0.5],
    ['48 h', hours(48), 0.5],
    ['exactly 72 h', hours(72), 0.5],
    ['1 ms over 72 h', hours(72) + 1, 0],
    ['the past', -hours(48), 0],
  ])('for a match that resolves in %s', (_name, inMs, expected) => {
    expect(sportsBoost({ category: 'sports', resolvesAtMs: now + inMs }, now)).toBe(expected);
  });

  it('is 0 without the category sports or a resolution time', () => {
    expect(sportsBoost({ category: 'esports', resolvesAtMs: now + hours(48) }, now)).toBe(0);
    expect(sportsBoost({ category: 'sports', resolvesAtMs: null }, now)).toBe(0);
  });
});

describe('rising', () => {
  it.each([
    [0.5, 0.5, 0],
    [0.52, 0.5, 0.1],
    [0.5, 0.55, 0.25],
    [0.7, 0.5, 1],
    [0.1, 0.9, 1],
    [null, 0.5, 0],
    [0.5, null, 0],
    [0, 0.1, 0.5],
  ])('for a probability of %s and of %s a day ago', (p, before, expected) => {
    expect(rising(p, before)).toBeCloseTo(expected, 12);
  });
});
