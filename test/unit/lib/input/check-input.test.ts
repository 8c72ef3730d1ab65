import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { checkInput } from '../../../../src/lib/input/check-input.js';
import { isStorableInstant, storableText } from '../../../../src/lib/input/text-schemas.js';

const person = z.object({
  name: z.string().trim().min(1, 'must not be empty'),
  places: z.array(z.object({ rank: z.number('must be a number') })).default([]),
});

describe('checkInput', () => {
  it('returns the input in its final form', () => {
    expect(checkInput(person, { name: ' Ada ', other: 1 })).toEqual({ name: 'Ada', places: [] });
  });

  it.each([
    ['name', { name: '' }, undefined, 'name must not be empty.'],
    ['input.name', { name: '' }, 'input', 'input.name must not be empty.'],
    ['places.1.rank', { name: 'a', places: [{ rank: 1 }, {}] }, undefined, 'places.1.rank must be a number.'],
    ['name', { name: '', places: [{}] }, undefined, 'name must not be empty.'],
  ])('rejects the first invalid field: %s', (field, value, at, message) => {
    expect(() => checkInput(person, value, at)).toThrow(
      expect.objectContaining({ name: 'BellwetherError', code: 'BAD_USER_INPUT', field, message }),
    );
  });

  it('names the argument when the whole value is invalid', () => {
    expect(() => checkInput(person, 'Ada', 'input')).toThrow(expect.objectContaining({ field: 'input' }));
  });
});

describe('storable values', () => {
  it('are texts without U+0000 and unpaired surrogates', () => {
    for (const text of ['', 'a\nb', '\u0001', '💙', '\ufffd']) expect(storableText.parse(text)).toBe(text);
    for (const text of ['\0', 'a\0b', '\ud83d', '\udc99', '\udc99\ud83d']) {
      expect(storableText.safeParse(text).success).toBe(false);
    }
  });

  it('are instants of the years 1 to 9999', () => {
    expect(isStorableInstant(new Date('0001-01-01T00:00:00.000Z'))).toBe(true);
    expect(isStorableInstant(new Date('9999-12-31T23:59:59.999Z'))).toBe(true);
    expect(isStorableInstant(new Date('0000-12-31T23:59:59.999Z'))).toBe(false);
    expect(isStorableInstant(new Date('+010000-01-01T00:00:00.000Z'))).toBe(false);
    expect(isStorableInstant(new Date(NaN))).toBe(false);
  });
});
