import { describe, expect, it } from 'vitest';
import { halfOf } from '../../../src/evaluation/user-half.js';

describe('a half of the people', () => {
  it('has about as many as the other', () => {
    const ofA = Array.from({ length: 10_000 }, (_, index) => halfOf(`person-${index}`)).filter(
      (half) => half === 'a',
    );
    expect(Math.abs(ofA.length - 5_000)).toBeLessThan(200);
  });

  it('always has the same people', () => {
    // The first bytes of these keys' SHA-256 are ba, 3e and 49.
    expect(['abc', 'b', 'ann'].map(halfOf)).toEqual(['a', 'a', 'b']);
  });
});
