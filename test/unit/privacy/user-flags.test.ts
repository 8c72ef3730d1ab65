import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { userPseudonym } from '../../../src/lib/user-pseudonym.js';
import { ERASED, OPTED_OUT, UserFlags } from '../../../src/privacy/user-flags.js';

const pseudonymOf = userPseudonym(randomBytes(32));

describe('the flags of users', () => {
  it('are those that were set last, for 20,000 users', () => {
    const flags = new UserFlags();
    expect(flags.isEmpty).toBe(true);
    const pseudonyms = Array.from({ length: 20_000 }, (_, user) => pseudonymOf(`user ${user}`));
    const expected = pseudonyms.map((_, user) => (user === 1 ? ERASED : user % 2 === 0 ? 0 : OPTED_OUT));
    for (const pseudonym of pseudonyms) flags.set(pseudonym, OPTED_OUT);
    for (const [user, pseudonym] of pseudonyms.entries()) flags.set(pseudonym, expected[user] ?? 0);
    expect(pseudonyms.map((pseudonym) => flags.get(pseudonym))).toEqual(expected);
  });

  it('are none for a user who was never set', () => {
    const flags = new UserFlags();
    flags.set(pseudonymOf('ada'), OPTED_OUT);
    expect(flags.get(pseudonymOf('ben'))).toBe(0);
    expect(flags.isEmpty).toBe(false);
  });
});
