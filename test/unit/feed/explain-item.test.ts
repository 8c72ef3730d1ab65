import { describe, expect, it } from 'vitest';
import { loadRankingConfig } from '../../../src/config/ranking-config.js';
import { explainItem, type ReasonInput } from '../../../src/feed/reason.js';
import { NO_COMPONENTS, type ScoreParts } from '../../../src/scoring/score-parts.js';

const { weights } = loadRankingConfig(undefined).v2;
const ZEROS: ScoreParts = {
  ...NO_COMPONENTS,
  ...{ final: 0, personal: 0, interest: 0, similarity: 0, continuity: 0, depth: 0, freshness: 0 },
  ...{ followup: 0, closing: 0, negative: 0, trending: 0, trendingLocal: null, trendingGlobal: 0 },
  ...{ rising: 0, editorial: 0, news: 0, sports: 0, discount: 1 },
};
const explained = (scores: Partial<ScoreParts>, details: Partial<ReasonInput> = {}) =>
  explainItem(
    {
      ...{ scores: { ...ZEROS, ...scores }, slot: 'PERSONAL', category: 'Politics' },
      ...{ country: null, moved: false, ...details },
    },
    weights,
  );
const reason = (...of: Parameters<typeof explained>) => explained(...of).sentence;

describe('the reason of an item', () => {
  it('names the two components with the largest weighted contributions in one sentence', () => {
    expect(reason({ interest: 0.9, similarity: 0.5, trending: 0.1 })).toBe(
      'Matches your interests; similar to markets you followed recently.',
    );
    expect(reason({ rising: 1, sports: 1, similarity: 0.3 })).toBe(
      'Odds are moving; similar to markets you followed recently.',
    );
    expect(reason({ rising: 1 })).toBe('Odds are moving.');
  });

  it('is null if no component contributes enough', () => {
    expect([reason({}), reason({ interest: 0.01, negative: 1 })]).toEqual([null, null]);
  });

  it('says that an explored market is new or rarely seen', () => {
    expect(reason({ interest: 1 }, { slot: 'EXPLORATION' })).toBe('New, or seen by few users so far.');
  });

  it('starts with a material change since the last impression', () => {
    expect(reason({ interest: 0.9, similarity: 0.5 }, { moved: true })).toBe(
      'Changed since you last saw it; matches your interests.',
    );
    expect(reason({}, { moved: true })).toBe('Changed since you last saw it.');
  });

  it('names the country if the market trends more there than globally', () => {
    const trends = (trendingLocal: number | null, country: string | null) =>
      reason({ trending: 1, trendingGlobal: 0.5, trendingLocal }, { country });
    expect(trends(0.9, 'IL')).toBe('Trending now in IL.');
    for (const otherReason of [trends(0.5, 'IL'), trends(null, 'IL'), trends(0.9, null)])
      expect(otherReason).toBe('Trending now.');
  });

  it('calls only a young market new', () => {
    expect([reason({ freshness: 0.5 }), reason({ freshness: 0.2 })]).toEqual(['New.', null]);
  });

  it('ignores components that are null', () => {
    expect(reason({ interest: null, continuity: null, news: 1 })).toBe('In the news.');
  });

  it('has the components that its sentence names, in the same order', () => {
    expect(explained({ interest: 0.9, similarity: 0.5, trending: 0.1 }).parts).toEqual([
      'interest',
      'similarity',
    ]);
    expect(explained({ freshness: 0.2, news: 1 }).parts).toEqual(['news']);
    expect(explained({ interest: 0.9, similarity: 0.5 }, { moved: true }).parts).toEqual(['interest']);
    for (const without of [explained({}), explained({ interest: 1 }, { slot: 'EXPLORATION' })])
      expect(without.parts).toEqual([]);
  });
});
