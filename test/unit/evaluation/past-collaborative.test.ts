import { describe, expect, it } from 'vitest';
import { loadRankingConfig } from '../../../src/config/ranking-config.js';
import { PastCollaborative } from '../../../src/evaluation/past-collaborative.js';
import { COLLABORATIVE_METHODS } from '../../../src/domain/collaborative.js';
import { HOUR_MS } from '../../../src/lib/time.js';

const { collaborative } = loadRankingConfig(undefined).learning;

describe.each(COLLABORATIVE_METHODS)('past models by %s', (method) => {
  const past = new PastCollaborative({ ...collaborative, intervalHours: 2 });
  const add = (hours: number, userKey: string, marketId: string) => {
    past.add({ atMs: hours * HOUR_MS, userKey, marketId });
  };
  const marketsAt = (hours: number) => {
    const model = past.modelAt(method, hours * HOUR_MS);
    return ['a', 'b', 'c'].filter((id) => model?.itemOf(id) !== undefined);
  };

  it('count only engagements before the interval, and are kept until there are new ones', () => {
    expect(past.modelAt(method, 3 * HOUR_MS)).toBeNull();
    add(3, 'u', 'a');
    add(3.5, 'v', 'a');
    add(4, 'v', 'b');
    expect(marketsAt(3.9)).toEqual([]);
    expect(marketsAt(4)).toEqual(['a']);
    const before = past.modelAt(method, 5.9 * HOUR_MS);
    add(5, 'v', 'c');
    expect(past.modelAt(method, 5.9 * HOUR_MS)).toBe(before);
    expect(marketsAt(6)).toEqual(['a', 'b', 'c']);
    expect(past.modelAt(method, 8 * HOUR_MS)).toBe(past.modelAt(method, 6 * HOUR_MS));
  });
});
