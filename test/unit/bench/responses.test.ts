import { describe, expect, it } from 'vitest';
import { feedProblem, isSameJson } from '../../../bench/suite/responses.ts';

const cards = Array.from({ length: 20 }, (_, index) => ({
  rank: index + 1,
  market: { id: `m${index}`, title: `Market ${index}`, probability: 0.5 },
}));
const [hero, ...rest] = cards;
const feed = {
  ...{ id: 'f', personalized: true, degradedReasons: [] },
  ...{ hero, grid: rest.slice(0, 9), stream: rest.slice(9) },
};
const body = (changes: object): string => JSON.stringify({ data: { feed: { ...feed, ...changes } } });

describe('feedProblem', () => {
  it('accepts a personalized feed of 20 different markets in order', () => {
    expect(feedProblem(body({}))).toBeUndefined();
  });

  it('reports the reasons of a degraded feed', () => {
    const degradedReasons = ['PROFILE_UNAVAILABLE', 'TRENDS_STALE'];
    expect(feedProblem(body({ degradedReasons }))).toEqual({
      degradedBy: 'PROFILE_UNAVAILABLE, TRENDS_STALE',
    });
  });

  it.each([
    ['errors', JSON.stringify({ errors: [{ message: 'No.' }], data: { feed } }), 'errors: No.'],
    ['no JSON', '<html>', 'no feed'],
    ['a feed for anonymous users', body({ personalized: false }), 'not personalized'],
    ['a missing card', body({ stream: rest.slice(10) }), '19 cards'],
    ['a repeated market', body({ hero: { ...hero, market: rest[0]?.market } }), 'a market twice'],
    ['a wrong rank', body({ hero: { ...hero, rank: 2 } }), 'ranks out of order'],
  ])('rejects %s', (_name, text, wrong) => {
    expect(feedProblem(text)).toEqual({ wrong });
  });
});

describe('isSameJson', () => {
  it('ignores white space and the order of keys, but not of list items', () => {
    expect(isSameJson('{"a": [1, {"c": 2, "b": 3}]}', '{"a":[1,{"b":3,"c":2}]}')).toBe(true);
    expect(isSameJson('[1,2]', '[2,1]')).toBe(false);
  });
});
