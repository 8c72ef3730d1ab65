import { describe, expect, it } from 'vitest';
import { freshness } from '../../../src/scoring/v1/freshness.js';
import { newsBoost } from '../../../src/scoring/v1/news-boost.js';
import { risingV1 } from '../../../src/scoring/v1/rising-v1.js';
import { sportsBoost } from '../../../src/scoring/v1/sports-boost.js';
import { trendingBlend } from '../../../src/scoring/shared/trending-blend.js';

const now = Date.UTC(2026, 5, 15, 12);
const hours = (count: number): number => count * 3_600_000;

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
  ])('of an age of %s', (_name, ageMs, expected) => {
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
  ])('lifts a market %s', (_name, category, tags) => {
    expect(newsBoost(market(category, tags, 0), now)).toBe(0.8);
  });

  it('lifts no other market, however new', () => {
    expect(newsBoost(market('newsletter', ['old news', 'breaking-bad'], 0), now)).toBe(0);
  });

  it('counts once for a market that is news in every way', () => {
    expect(newsBoost(market('news', ['news', 'breaking'], 0), now)).toBe(0.8);
  });

  it.each([
    ['1 ms under 24 h', hours(24) - 1, 0.8],
    ['exactly 24 h', hours(24), 0.5],
    ['1 ms under 168 h', hours(168) - 1, 0.5],
    ['exactly 168 h', hours(168), 0],
    ['an hour in the future', -hours(1), 0.8],
  ])('at an age of %s', (_name, ageMs, expected) => {
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
  ])('of a match that resolves in %s', (_name, inMs, expected) => {
    expect(sportsBoost({ category: 'sports', resolvesAtMs: now + inMs }, now)).toBe(expected);
  });

  it('needs the category sports and a time of resolution', () => {
    expect(sportsBoost({ category: 'esports', resolvesAtMs: now + hours(48) }, now)).toBe(0);
    expect(sportsBoost({ category: 'sports', resolvesAtMs: null }, now)).toBe(0);
  });
});

describe('trending blend', () => {
  it('is two fifths local and three fifths global', () => {
    expect(trendingBlend({ trendingLocal: 0.5, trendingGlobal: 0.25 })).toBeCloseTo(0.35, 12);
  });

  it('is the global trend alone when there is no local scope', () => {
    expect(trendingBlend({ trendingLocal: null, trendingGlobal: 0.25 })).toBe(0.25);
  });

  it('counts a local trend of 0 as a trend of 0, not as none', () => {
    expect(trendingBlend({ trendingLocal: 0, trendingGlobal: 0.25 })).toBeCloseTo(0.15, 12);
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
  ])('from a probability now of %s and a day ago of %s', (p, before, expected) => {
    expect(risingV1(p, before)).toBeCloseTo(expected, 12);
  });
});
