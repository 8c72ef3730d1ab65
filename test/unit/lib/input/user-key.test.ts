import { describe, expect, it } from 'vitest';
import { userKeySchema } from '../../../../src/lib/input/user-key.js';

const faultsOf = (key: unknown) => userKeySchema.safeParse(key).error?.issues.map(({ message }) => message);

describe('a user key', () => {
  it.each(['a', ' ', 'x'.repeat(128), 'ada@example.com', 'אדה', '💙', "'; drop table profiles; --"])(
    'may be %j, and stays as it is',
    (key) => {
      expect(userKeySchema.parse(key)).toBe(key);
    },
  );

  it('has 1 to 128 characters', () => {
    expect(faultsOf('')).toEqual(['must not be empty']);
    expect(faultsOf('x'.repeat(129))).toEqual(['must have at most 128 characters']);
  });

  it.each(['\0', '\n', '\t', 'a\u001fb', '\u007f', '\u0085', '\ud83d', 'a\udc99'])(
    'must not hold control characters or half a character: %j',
    (key) => {
      expect(faultsOf(key)).toEqual(['must not hold control characters']);
    },
  );

  it.each([null, undefined, 7, {}])('is text, not %j', (key) => {
    expect(userKeySchema.safeParse(key).success).toBe(false);
  });
});
