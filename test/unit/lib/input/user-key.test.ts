import { describe, expect, it } from 'vitest';
import { userKeySchema } from '../../../../src/lib/input/text-schemas.js';

const messagesOf = (key: unknown) => userKeySchema.safeParse(key).error?.issues.map(({ message }) => message);

describe('userKeySchema', () => {
  it.each(['a', ' ', 'x'.repeat(128), 'ada@home', 'אדה', '💙', "'; drop table profiles; --"])(
    'accepts %j unchanged',
    (key) => {
      expect(userKeySchema.parse(key)).toBe(key);
    },
  );

  it('requires 1 to 128 characters', () => {
    expect(messagesOf('')).toEqual(['must not be empty']);
    expect(messagesOf('x'.repeat(129))).toEqual(['must have at most 128 characters']);
  });

  it.each(['\0', '\n', '\t', 'a\u001fb', '\u007f', '\u0085', '\ud83d', 'a\udc99'])(
    'rejects control characters and unpaired surrogates: %j',
    (key) => {
      expect(messagesOf(key)).toEqual(['must not contain control characters']);
    },
  );

  it.each([null, undefined, 7, {}])('rejects %j', (key) => {
    expect(userKeySchema.safeParse(key).success).toBe(false);
  });
});
