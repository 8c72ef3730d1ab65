import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { OperatorError } from '../../../src/lib/errors.js';
import { userPseudonym } from '../../../src/lib/user-pseudonym.js';

const secret = 'a secret of many bytes';

describe('user pseudonym', () => {
  it('is the HMAC of the user key, truncated to 32 URL-safe characters', () => {
    const pseudonym = userPseudonym(secret)('ada');
    const hmac = createHmac('sha256', secret).update('ada').digest();
    expect(pseudonym).toMatch(/^u_[\w-]{32}$/);
    expect(Buffer.from(pseudonym.slice(2), 'base64url')).toEqual(hmac.subarray(0, 24));
  });

  it('depends only on the user key and the bytes of the secret', () => {
    expect(userPseudonym(secret)('ada')).toBe(userPseudonym(Buffer.from(secret))('ada'));
    expect(userPseudonym(secret)('ada')).not.toBe(userPseudonym(secret)('ben'));
    expect(userPseudonym(secret)('ada')).not.toBe(userPseudonym(`${secret}!`)('ada'));
  });

  it('rejects a secret of less than 16 bytes', () => {
    expect(() => userPseudonym('')).toThrow(OperatorError);
    expect(() => userPseudonym('fifteen bytes..')).toThrow('at least 16 bytes');
  });
});
