import { randomBytes } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
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

  it('take no more memory while users get and lose them', () => {
    const sizes: number[] = [];
    vi.stubGlobal(
      'BigUint64Array',
      class extends BigUint64Array {
        constructor(length: number) {
          super(length);
          sizes.push(length);
        }
      },
    );
    const flags = new UserFlags();
    const pseudonyms = Array.from({ length: 20_000 }, (_, user) => pseudonymOf(`user ${user}`));
    for (const [user, pseudonym] of pseudonyms.entries()) {
      flags.set(pseudonym, OPTED_OUT);
      flags.set(pseudonyms[user - 200] ?? pseudonym, user < 200 ? OPTED_OUT : 0);
    }
    vi.unstubAllGlobals();
    expect(Math.max(...sizes)).toBe(sizes[0]);
    expect(pseudonyms.filter((pseudonym) => flags.get(pseudonym) !== 0)).toEqual(pseudonyms.slice(-200));
  });

  it('are none for a user who was never set', () => {
    const flags = new UserFlags();
    flags.set(pseudonymOf('ada'), OPTED_OUT);
    expect(flags.get(pseudonymOf('ben'))).toBe(0);
    expect(flags.isEmpty).toBe(false);
  });
});
