import { describe, expect, it } from 'vitest';
import { emptySnapshot } from '../../../../src/catalog/catalog-snapshot.js';
import { loadRankingConfig } from '../../../../src/config/ranking-config.js';
import type { RankingInputs } from '../../../../src/feed/ranking-inputs.js';
import { RecentInputs } from '../../../../src/feed/explain/recent-inputs.js';
import { NO_TRENDS } from '../../../../src/trends/trend-columns.js';
import { TrendState } from '../../../../src/trends/trend-state.js';
import { DEFAULT_MODEL } from '../../../../src/scoring/v2/ranking-model.js';

const config = loadRankingConfig(undefined);
const trends = new TrendState(NO_TRENDS, 0);

function inputs(snapshot = emptySnapshot): RankingInputs {
  return {
    ...{ nowMs: 0, userKey: null, country: null, profile: null, personal: true, algorithm: 'v2' as const },
    ...{ limit: 20, snapshot, past: new Map(), trends, config, model: DEFAULT_MODEL, configVersion: 'test' },
  };
}

describe('recent inputs', () => {
  it('are the same objects that were added', () => {
    const recent = new RecentInputs();
    const [a, b] = [inputs(), inputs({ ...emptySnapshot })];
    recent.add('a', a);
    recent.add('b', b);
    expect(recent.find('a')).toBe(a);
    expect(recent.find('b')).toBe(b);
    expect(recent.find('c')).toBeUndefined();
  });

  it('are kept for 100 feeds, the oldest evicted first', () => {
    const recent = new RecentInputs();
    const later = { ...emptySnapshot };
    for (let feed = 0; feed < 102; feed += 1)
      recent.add(`f${feed}`, inputs(feed < 1 ? emptySnapshot : later));
    const isKept = (feed: number) => recent.find(`f${feed}`) !== undefined;
    expect([isKept(0), isKept(1), isKept(2), isKept(101)]).toEqual([false, false, true, true]);
  });

  it('count a feed that is served twice once', () => {
    const recent = new RecentInputs();
    for (let time = 0; time < 2; time += 1)
      for (let feed = 0; feed < 100; feed += 1) recent.add(`f${feed}`, inputs());
    expect([recent.find('f0'), recent.find('f99')]).not.toContain(undefined);
  });

  it('keep 8 snapshots at most, and evict all feeds of an older one', () => {
    const recent = new RecentInputs();
    for (let catalog = 0; catalog < 9; catalog += 1) {
      const snapshot = { ...emptySnapshot };
      for (const feed of ['x', 'y']) recent.add(`${feed}${catalog}`, inputs(snapshot));
    }
    expect(['x0', 'y0', 'x1', 'y8'].map((feed) => recent.find(feed) !== undefined)).toEqual([
      ...[false, false, true, true],
    ]);
  });

  it('count correctly after snapshots were evicted', () => {
    const recent = new RecentInputs();
    const add = (name: string, feeds: number, snapshot = { ...emptySnapshot }) => {
      for (let feed = 0; feed < feeds; feed += 1) recent.add(`${name}${feed}`, inputs(snapshot));
    };
    add('old', 50);
    for (let catalog = 0; catalog < 7; catalog += 1) add(`c${catalog}-`, 1);
    add('new', 90);
    expect([recent.find('old49'), recent.find('c0-0')].map((found) => found !== undefined)).toEqual([
      ...[false, true],
    ]);
    expect(recent.find('new0')).toBeDefined();
  });
});
