import { describe, expect, it } from 'vitest';
import { loadRankingConfig } from '../../../src/config/ranking-config.js';
import { reasonOf, type Shown } from '../../../src/feed/reason.js';
import type { ScoreParts } from '../../../src/scoring/score-parts.js';

const { weights } = loadRankingConfig(undefined).v2;
const NOTHING: ScoreParts = {
  ...{
    final: 0,
    personal: 0,
    interest: 0,
    similarity: 0,
    continuity: 0,
    depth: 0,
    freshness: 0,
    followup: 0,
  },
  ...{ closing: 0, negative: 0, diversity: null, trending: 0, trendingLocal: null, trendingGlobal: 0 },
  ...{ rising: 0, editorial: 0, news: 0, sports: 0, discount: 1 },
};
const reason = (scores: Partial<ScoreParts>, details: Partial<Shown> = {}) =>
  reasonOf(
    {
      ...{ scores: { ...NOTHING, ...scores }, slot: 'PERSONAL', category: 'Politics' },
      ...{ country: null, moved: false, ...details },
    },
    weights,
  );

describe('the reason for a card', () => {
  it('names the two parts that count most, as weighted, as one sentence', () => {
    expect(reason({ interest: 0.9, similarity: 0.5, trending: 0.1 })).toBe(
      'It is about what you like, and it is like markets you followed lately.',
    );
    expect(reason({ rising: 1, sports: 1, similarity: 0.3 })).toBe(
      'Its odds are moving, and it is like markets you followed lately.',
    );
    expect(reason({ rising: 1 })).toBe('Its odds are moving.');
  });

  it('is none when no part counts enough to be one', () => {
    expect([reason({}), reason({ interest: 0.01, negative: 1 })]).toEqual([null, null]);
  });

  it('is for a market that is explored that few have seen it', () => {
    expect(reason({ interest: 1 }, { slot: 'EXPLORATION' })).toBe('It is new, or few have seen it yet.');
  });

  it('begins with a change since the card was shown', () => {
    expect(reason({ interest: 0.9, similarity: 0.5 }, { moved: true })).toBe(
      'It changed since you were shown it, and it is about what you like.',
    );
    expect(reason({}, { moved: true })).toBe('It changed since you were shown it.');
  });

  it('names the country where a market trends more than everywhere', () => {
    const trends = (trendingLocal: number | null, country: string | null) =>
      reason({ trending: 1, trendingGlobal: 0.5, trendingLocal }, { country });
    expect(trends(0.9, 'IL')).toBe('Many in IL are on it now.');
    for (const reasonElsewhere of [trends(0.5, 'IL'), trends(null, 'IL'), trends(0.9, null)])
      expect(reasonElsewhere).toBe('Many are on it now.');
  });

  it('calls only a young market new', () => {
    expect([reason({ freshness: 0.5 }), reason({ freshness: 0.2 })]).toEqual(['It is new.', null]);
  });

  it('takes a part that the algorithm does not have as none', () => {
    expect(reason({ interest: null, continuity: null, news: 1 })).toBe('It is in the news.');
  });
});
