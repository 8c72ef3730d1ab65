import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countTerms, inverseDocumentFrequency, termsOf } from '../../../../src/scoring/v2/terms.js';

describe('terms of a text', () => {
  it('are lower-case words without stop words', () => {
    expect(termsOf('Will the Bank of England cut its rate before the end of June?')).toEqual([
      ...['bank', 'england', 'cut', 'rate', 'june'],
    ]);
    expect(termsOf('')).toEqual([]);
    expect(termsOf('Will it? — By when!?')).toEqual([]);
  });

  it('have no accents, possessives or plurals', () => {
    expect(termsOf('São Paulo’s cities, Türkiye\'s parties: "don\'t knows"')).toEqual([
      ...['sao', 'paulo', 'city', 'turkiye', 'party', 'dont', 'know'],
    ]);
    expect(termsOf('Texas Congress cases series bus gas Nikkei ties')).toEqual([
      ...['texa', 'congress', 'case', 'sery', 'bus', 'gas', 'nikkei', 'ty'],
    ]);
  });

  it('include numbers of two or more digits, each as one term', () => {
    expect(termsOf('Bitcoin above $100,000 or 2.5% by 2026-07-04, in 7 or 30 days, GPT-5')).toEqual([
      ...['bitcoin', '100000', '2.5', '2026', '07', '04', '30', 'day', 'gpt'],
    ]);
  });

  it('include words of other scripts, and character pairs of scripts without spaces', () => {
    expect(termsOf('Победит ли «Зенит»? ΟΛΥΜΠΙΑΚΌΣ נתניהו')).toEqual([
      ...['победит', 'ли', 'зенит', 'ολυμπιακοσ', 'נתניהו'],
    ]);
    expect(termsOf('日本銀行 利')).toEqual(['日本', '本銀', '銀行', '利']);
    expect(termsOf('हिन्दी')).toEqual(['हिन्दी']);
  });

  it('are the same for the composed, decomposed and upper-case text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (text) => {
        expect(termsOf(text.normalize('NFD'))).toEqual(termsOf(text.normalize('NFC')));
      }),
    );
    const text = 'Élections à Zürich: who wins the 2,026 seats?';
    expect(termsOf(text.toUpperCase())).toEqual(termsOf(text));
  });

  it('are counted over several texts, each as many times as given', () => {
    expect(
      countTerms([
        ['Final of the finals', 1],
        ['Sports', 2],
        ['final', 1],
      ]),
    ).toEqual({ terms: ['final', 'sport'], counts: [3, 2] });
  });
});

describe('text in a script without spaces', () => {
  it('gives its numbers as separate terms', () => {
    expect(termsOf('2026年選挙')).toEqual(['2026', '年選', '選挙']);
    expect(termsOf('第100回')).toEqual(['第', '100', '回']);
    expect(termsOf('AI企業2027')).toEqual(['ai', '企業', '2027']);
  });
});

describe('inverse document frequency', () => {
  it('is higher for what fewer markets have, and ln 2 for what all have', () => {
    expect(inverseDocumentFrequency(100, 100)).toBe(Math.log(2));
    expect(inverseDocumentFrequency(100, 1)).toBe(Math.log(101));
    expect(inverseDocumentFrequency(100, 0)).toBe(Math.log(101));
    expect(inverseDocumentFrequency(0, 0)).toBe(Math.log(2));
  });
});
