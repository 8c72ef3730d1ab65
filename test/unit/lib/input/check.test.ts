import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { checkInput } from '../../../../src/lib/input/check-input.js';
import { isStorableInstant, storableText } from '../../../../src/lib/input/storable.js';

const person = z.object({
  name: z.string().trim().min(1, 'must not be empty'),
  places: z.array(z.object({ rank: z.number('must be a number') })).default([]),
});

describe('input from outside', () => {
  it('comes out in its final form', () => {
    expect(checkInput(person, { name: ' Ada ', other: 1 })).toEqual({ name: 'Ada', places: [] });
  });

  it.each([
    ['name', { name: '' }, undefined, 'name must not be empty.'],
    ['input.name', { name: '' }, 'input', 'input.name must not be empty.'],
    ['places.1.rank', { name: 'a', places: [{ rank: 1 }, {}] }, undefined, 'places.1.rank must be a number.'],
    ['name', { name: '', places: [{}] }, undefined, 'name must not be empty.'],
  ])('is refused by its first fault, at %s', (field, value, at, message) => {
    expect(() => checkInput(person, value, at)).toThrow(
      expect.objectContaining({ name: 'BellwetherError', code: 'BAD_USER_INPUT', field, message }),
    );
  });

  it('is refused as a whole by the name of the argument', () => {
    expect(() => checkInput(person, 'Ada', 'input')).toThrow(expect.objectContaining({ field: 'input' }));
  });
});

describe('what the database can hold', () => {
  it('is any text but one with NUL or half a character', () => {
    for (const text of ['', 'a\nb', '\u0001', '💙', '\ufffd']) expect(storableText.parse(text)).toBe(text);
    for (const text of ['\0', 'a\0b', '\ud83d', '\udc99', '\udc99\ud83d']) {
      expect(storableText.safeParse(text).success).toBe(false);
    }
  });

  it('is any instant of the years 1 to 9999', () => {
    expect(isStorableInstant(new Date('0001-01-01T00:00:00.000Z'))).toBe(true);
    expect(isStorableInstant(new Date('9999-12-31T23:59:59.999Z'))).toBe(true);
    expect(isStorableInstant(new Date('0000-12-31T23:59:59.999Z'))).toBe(false);
    expect(isStorableInstant(new Date('+010000-01-01T00:00:00.000Z'))).toBe(false);
    expect(isStorableInstant(new Date(NaN))).toBe(false);
  });
});
