import { describe, expect, it } from 'vitest';
import { readGoldenFeeds, type GoldenFeed } from '../../../golden/v1-case.js';

const feedOf = (name: string): GoldenFeed => {
  const feed = readGoldenFeeds().find(({ user }) => user === name);
  if (feed === undefined) throw new Error(`The golden file has no ${name}`);
  return feed;
};
const entry = (name: string, id: string) => feedOf(name).ranking.find((ranked) => ranked.id === id);

/** These numbers were calculated by hand from the frozen catalog, not by the code. */
describe('the golden ranking', () => {
  it('matches the hand calculation of the cup final for the football fan', () => {
    const parts = {
      interest: 0.7488, // 0.5·0.864 + 0.3·(0.744 + 0.312)
      similarity: 1, // the quarter-final: same category, same two tags
      depth: 0.858333333333, // 412,000 / 16 / 30,000
      freshness: 0.5, // ten days old
      followup: 0.4, // seen at 0.50, now 0.58
      negative: 0,
      diversity: 0.8, // four of the five recent markets are sports
      personal: 0.69083, // 0.26208 + 0.25 + 0.12875 + 0.05 + 0.04 − 0.04
      trending: 0.768, // 0.4·0.42 + 0.6·1
      rising: 0.35, // 0.51 to 0.58
      editorial: 0.2,
      news: 0,
      sports: 0.5, // in 48 h
      final: 1.56053, // 0.69083 + 0.3072 + 0.0525 + 0.01 + 0.5
    };
    expect(entry('football fan in Germany', 'cup-final-harbour-city')).toMatchObject({
      rank: 2,
      scores: parts,
    });
  });

  it('matches the hand calculation of bitcoin for the user with negative affinity to it', () => {
    const parts = {
      interest: -0.5516, // 0.5·(−0.58) + 0.3·(−0.424 − 0.448)
      similarity: 0,
      depth: 0.01, // 900 / 3 / 30,000
      freshness: 0.5, // 700 h
      followup: 0,
      negative: 1, // 0.58 + 0.424 + 0.448, limited to 1
      diversity: 0,
      personal: -0.24156, // −0.19306 + 0.0015 + 0.05 − 0.1
      trending: 0.664, // 0.4·0.52 + 0.6·0.76
      rising: 0.25, // 0.36 to 0.31
      final: 0.06154, // −0.24156 + 0.2656 + 0.0375
    };
    const name = 'politics reader in the US with negative affinity to crypto and sports';
    expect(entry(name, 'bitcoin-above-150k')).toMatchObject({ scores: parts });
  });

  it('matches the hand calculation of the storm for the anonymous user', () => {
    const parts = {
      personal: null,
      freshness: null,
      trending: 0.91, // no country, so the global trend alone
      trendingLocal: null,
      rising: 0.85, // 0.12 to 0.29
      editorial: 0.6,
      news: 0.8, // seven hours old
      sports: 0,
      final: 1.3215, // 0.364 + 0.1275 + 0.03 + 0.8
    };
    expect(entry('anonymous', 'storm-makes-landfall')).toMatchObject({ rank: 1, scores: parts });
  });

  it('breaks ties of equal scores by volume and then by id', () => {
    const tied = feedOf('anonymous').ranking.filter(({ scores }) => scores.final === 0);
    expect(tied.map(({ id }) => id)).toEqual([
      'referendum-valid', // 8,100
      'chess-title-draws', // 2,600, like the next three
      'heat-record-july',
      'mayor-second-term',
      'quiz-champion-streak',
      'cycling-tour-stage-break', // 900
    ]);
  });

  it('skips the fourth sports market on the first page of the anonymous user', () => {
    const { hero, grid, stream } = feedOf('anonymous');
    expect(hero).toBe('storm-makes-landfall');
    expect(grid.slice(0, 8)).not.toContain('marathon-under-two-hours'); // eighth by score, fifth of sports
    expect(grid[8]).toBe('marathon-under-two-hours'); // the tenth position
    expect(stream[0]).toBe('tennis-open-left-hander');
  });
});
