import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { describe, expect, it } from 'vitest';
import { ZipfUsers } from '../../../bench/suite/zipf.ts';

describe('ZipfUsers', () => {
  it('draws every user, in proportion to 1/rank', () => {
    const users = 50;
    const zipf = new ZipfUsers(users);
    const rng = xoroshiro128plus(1);
    const draws = 200_000;
    const counts = new Map<number, number>();
    for (let index = 0; index < draws; index += 1) {
      const user = zipf.draw(rng);
      counts.set(user, (counts.get(user) ?? 0) + 1);
    }
    const shares = [...counts.values()].sort((a, b) => b - a).map((count) => count / draws);
    const harmonic = Array.from({ length: users }, (_, index) => 1 / (index + 1)).reduce((a, b) => a + b);
    expect(shares).toHaveLength(users);
    expect(shares[0]).toBeCloseTo(1 / harmonic, 2);
    expect(shares[1]).toBeCloseTo(1 / 2 / harmonic, 2);
    expect(shares[9]).toBeCloseTo(1 / 10 / harmonic, 2);
  });
});
