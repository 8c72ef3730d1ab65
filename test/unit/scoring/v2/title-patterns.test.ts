import { describe, expect, it } from 'vitest';
import { titlePatterns } from '../../../../src/scoring/v2/title-patterns.js';

const patternsOf = (title: string, eventKey: string | null = null, tags: readonly string[] = []) =>
  titlePatterns({ title, eventKey, tags, source: null });

describe('the patterns of a title', () => {
  it.each([
    ['Will BTC be above $100k?', 'Will BTC be above $95,000?'],
    ['Rain above 2.5% on March 3?', 'Rain above 10% on April 21?'],
    ['Closes on Monday', 'Closes on Wednesday'],
    ['At least 20°C on the 1st', 'At least 21 °C on the 22nd'],
    ['Ends in May 2026', 'Ends in December 2027'],
  ])('have the ladder of "%s" for "%s"', (one, other) => {
    expect(patternsOf(one).ladder).toBe(patternsOf(other).ladder);
  });

  it('keep the verb may, and words that contain a date or a unit', () => {
    expect(patternsOf('Rates may fall').ladder).not.toBe(patternsOf('Rates June fall').ladder);
    expect(patternsOf('Marching 3 kings').ladder).toBe('marching #kings');
  });

  it('have the numbers in order, with their units', () => {
    expect(patternsOf('$1,250.50 or 2k or 3M or 7% by May 4').numbers).toEqual([1_250.5, 2_000, 3e6, 7, 4]);
  });

  it('mask names in the template, but not the first word', () => {
    expect(patternsOf('Will Ada Lovelace win?').template).toBe(patternsOf('Will Grace Hopper win?').template);
    expect(patternsOf('Ada wins').template).not.toBe(patternsOf('Bob wins').template);
  });

  it('take series and family from the event key, else from the ladder and the first tag', () => {
    expect(patternsOf('A', 'btc-above-jan-5')).toMatchObject({ series: 'btc-above--', family: 'event btc' });
    expect(patternsOf('A', 'btc-above-feb-12').series).toBe('btc-above--');
    expect(patternsOf('A 1', null, ['Crypto', 'x'])).toMatchObject({ series: 'a #', family: 'tag crypto' });
    expect(patternsOf('A').family).toBeNull();
  });
});
