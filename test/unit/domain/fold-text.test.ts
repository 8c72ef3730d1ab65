import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldText } from '../../../src/domain/fold-text.js';

/** Any text, with many letters i and combining marks, whose folding takes several steps. */
const anyText = fc.string({
  unit: fc.oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    fc.constantFrom('i', 'ı', 'İ', 'I'),
    fc.integer({ min: 0x300, max: 0x309 }).map((mark) => String.fromCodePoint(mark)),
  ),
});

describe('folded text', () => {
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

  it('does not change when folded again', () => {
    fc.assert(fc.property(anyText, (text) => foldText(foldText(text)) === foldText(text)));
  });

  it('is the same for the composed, decomposed and lower-case forms', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const forms = [text.normalize('NFC'), text.normalize('NFD'), text.toLowerCase()];
        return forms.every((form) => foldText(form) === foldText(text));
      }),
    );
  });
});
