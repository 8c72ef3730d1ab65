import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countTerms, termsOf } from '../../../../src/scoring/v2/terms.js';

describe('the words of a text', () => {
  it('are in lower case, without what questions are built of', () => {
    expect(termsOf('Will the Bank of England cut its rate before the end of June?')).toEqual([
      ...['bank', 'england', 'cut', 'rate', 'june'],
    ]);
    expect(termsOf('')).toEqual([]);
    expect(termsOf('Will it? — By when!?')).toEqual([]);
  });

  it('are without accents, possessives and plurals', () => {
    expect(termsOf('São Paulo’s cities, Türkiye\'s parties: "don\'t knows"')).toEqual([
      ...['sao', 'paulo', 'city', 'turkiye', 'party', 'dont', 'know'],
    ]);
    expect(termsOf('Texas Congress cases series bus gas Nikkei ties')).toEqual([
      ...['texa', 'congress', 'case', 'sery', 'bus', 'gas', 'nikkei', 'ty'],
    ]);
  });

  it('keep numbers of two digits and more, each as one', () => {
    expect(termsOf('Bitcoin above $100,000 or 2.5% by 2026-07-04, in 7 or 30 days, GPT-5')).toEqual([
      ...['bitcoin', '100000', '2.5', '2026', '07', '04', '30', 'day', 'gpt'],
    ]);
  });

  it('are read in other scripts, and in pairs of characters where none are spaced', () => {
    expect(termsOf('Победит ли «Зенит»? ΟΛΥΜΠΙΑΚΌΣ נתניהו')).toEqual([
      ...['победит', 'ли', 'зенит', 'ολυμπιακοσ', 'נתניהו'],
    ]);
    expect(termsOf('日本銀行 利')).toEqual(['日本', '本銀', '銀行', '利']);
    expect(termsOf('हिन्दी')).toEqual(['हिन्दी']);
  });

  it('are the same for a text composed and decomposed, in any case, and again for themselves', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (text) => {
        expect(termsOf(text.normalize('NFD'))).toEqual(termsOf(text.normalize('NFC')));
      }),
    );
    const text = 'Élections à Zürich: who wins the 2,026 seats?';
    expect(termsOf(text.toUpperCase())).toEqual(termsOf(text));
  });

  it('are counted over several texts, each as often as said', () => {
    expect(
      countTerms([
        ['Final of the finals', 1],
        ['Sports', 2],
        ['final', 1],
      ]),
    ).toEqual({ terms: ['final', 'sport'], counts: [3, 2] });
  });
});
