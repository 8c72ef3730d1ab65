import { describe, expect, it } from 'vitest';
import { RecentMap } from '../../../src/lib/recent-map.js';

describe('RecentMap', () => {
  it('drops the entry that was set least recently when it is full', () => {
    const map = new RecentMap<string, number>(2);
    map.set('a', 1);
    map.set('b', 2);
    map.set('a', 3);
    map.set('c', 4);
    expect(map.entries()).toEqual([
      ['a', 3],
      ['c', 4],
    ]);
    expect(map.get('b')).toBeUndefined();
  });
});
