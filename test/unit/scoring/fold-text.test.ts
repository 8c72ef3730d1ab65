import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { searchQuery, searchWords } from '../../../src/storage/markets/market-search.js';
import { foldText } from '../../../src/domain/fold-text.js';
import { termsOf } from '../../../src/scoring/v2/terms.js';

/** Any text, with many letters i and combining marks, which fold in several steps. */
const anyText = fc.string({
  unit: fc.oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    fc.constantFrom('i', 'ı', 'İ', 'I'),
    fc.integer({ min: 0x300, max: 0x309 }).map((mark) => String.fromCodePoint(mark)),
  ),
});

describe('the folded form of a text', () => {
  it.each([
    ['composed and decomposed letters', 'Caf\u00e9', 'CAFE\u0301'],
    ['sharp s', 'STRASSE', 'straße'],
    ['capital sharp s', 'STRAẞE', 'strasse'],
    ['dotted capital i', 'İstanbul', 'istanbul'],
    ['dotless i', 'ISPARTA', 'ısparta'],
    ['final sigma', 'ΟΔΟΣ', 'οδοσ'],
    ['an emoji with and without a variation selector', '⚽', '⚽\ufe0f'],
    ['full-width letters', 'ＡＢＣ', 'abc'],
    ['a ligature', 'ﬁnance', 'FINANCE'],
  ])('is the same for %s', (_, a, b) => {
    expect(foldText(a)).toBe(foldText(b));
  });

  it('does not change when it is folded again', () => {
    fc.assert(fc.property(anyText, (text) => foldText(foldText(text)) === foldText(text)));
  });

  it('is the same for a text and its composed, decomposed and lower-case forms', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const forms = [text.normalize('NFC'), text.normalize('NFD'), text.toLowerCase()];
        return forms.every((form) => foldText(form) === foldText(text));
      }),
    );
  });
});

describe('text in a script without spaces', () => {
  it('gives its numbers as words of their own', () => {
    expect(termsOf('2026年選挙')).toEqual(['2026', '年選', '選挙']);
    expect(termsOf('第100回')).toEqual(['第', '100', '回']);
    expect(termsOf('AI企業2027')).toEqual(['ai', '企業', '2027']);
  });
});

describe('the search of markets', () => {
  it('compares folded words, of which a query needs the beginnings', () => {
    const market = { title: 'Straße nach İstanbul', description: 'Café 2026年選挙' };
    expect(searchWords(market)).toEqual(['strasse', 'nach', 'istanbul', 'café', '2026', '年選', '選挙']);
    expect(searchQuery('STRASSE  "Ist\' | !(')).toBe("'strasse':* & 'ist':*");
  });

  it('cuts long words between characters', () => {
    const word = `a${'𐌰'.repeat(120)}`;
    expect(searchWords({ title: word, description: null })).toEqual([`a${'𐌰'.repeat(99)}`]);
  });

  it('has no query for a text without letters and digits', () => {
    expect(searchQuery('% \\ ⚽')).toBeUndefined();
  });
});
