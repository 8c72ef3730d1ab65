import { describe, expect, it } from 'vitest';
import { searchQuery, searchWords } from '../../../src/storage/markets/market-search.js';

describe('market search', () => {
  it('compares folded words by prefix', () => {
    const market = { title: 'Straße nach İstanbul', description: 'Café 2026年選挙' };
    expect(searchWords(market)).toEqual(['strasse', 'nach', 'istanbul', 'café', '2026', '年選', '選挙']);
    expect(searchQuery('STRASSE  "Ist\' | !(')).toBe("'strasse':* & 'ist':*");
  });

  it('truncates long words between characters', () => {
    const word = `a${'𐌰'.repeat(120)}`;
    expect(searchWords({ title: word, description: null })).toEqual([`a${'𐌰'.repeat(99)}`]);
  });

  it('has no query for a text without letters or digits', () => {
    expect(searchQuery('% \\ ⚽')).toBeUndefined();
  });
});
