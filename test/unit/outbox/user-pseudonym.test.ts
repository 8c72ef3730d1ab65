import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { OperatorError } from '../../../src/lib/errors.js';
import { userPseudonym } from '../../../src/outbox/sinks/user-pseudonym.js';

const secret = 'a secret of many bytes';

describe('user pseudonym', () => {
  it('is the HMAC of the user key, shortened to 32 characters that fit anywhere', () => {
    const pseudonym = userPseudonym(secret)('ada');
    const hmac = createHmac('sha256', secret).update('ada').digest();
    expect(pseudonym).toMatch(/^u_[\w-]{32}$/);
    expect(Buffer.from(pseudonym.slice(2), 'base64url')).toEqual(hmac.subarray(0, 24));
  });

  it('is the same for the same key and secret, whether the secret is text or bytes, and differs otherwise', () => {
    expect(userPseudonym(secret)('ada')).toBe(userPseudonym(Buffer.from(secret))('ada'));
    expect(userPseudonym(secret)('ada')).not.toBe(userPseudonym(secret)('ben'));
    expect(userPseudonym(secret)('ada')).not.toBe(userPseudonym(`${secret}!`)('ada'));
  });

  it('is refused with a secret that can be guessed', () => {
    expect(() => userPseudonym('')).toThrow(OperatorError);
    expect(() => userPseudonym('fifteen bytes..')).toThrow('at least 16 bytes');
  });
});
