import { createHash } from 'node:crypto';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { Algorithm } from './algorithm.js';

/** Chance: what any ranking must be better than. What it draws for a person at an instant depends on nothing else. */
export function randomAlgorithm(seed: number): Algorithm {
  return ({ candidates, profile, nowMs }, scores) => {
    const identity = JSON.stringify([seed, profile.userKey, nowMs]);
    const rng = xoroshiro128plus(createHash('sha256').update(identity).digest().readInt32LE(0));
    for (let place = 0; place < candidates.length; place += 1) scores[place] = uniformFloat64(rng);
  };
}

/** What most distinct people engaged with in the last seven days. */
export const popularityAlgorithm: Algorithm = ({ candidates, recentPeople }, scores) => {
  for (const [place, number] of candidates.entries()) scores[place] = recentPeople[number] ?? 0;
};

/** The newest first. */
export const recencyAlgorithm: Algorithm = ({ candidates, entries }, scores) => {
  for (const [place, number] of candidates.entries()) {
    scores[place] = entries[number]?.scoring.createdAtMs ?? -Infinity;
  }
};
