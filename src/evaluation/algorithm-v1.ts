import { scoringUser } from '../profiles/scoring-user.js';
import { finalScorerV1 } from '../scoring/v1/final-v1.js';
import type { Algorithm } from './algorithm.js';

/** Algorithm v1, as the gateway computes it. */
export const algorithmV1: Algorithm = ({ nowMs, candidates, entries, profile, country, trends }, scores) => {
  const score = finalScorerV1(scoringUser(profile, nowMs), nowMs, trends.reader(country));
  for (const [place, number] of candidates.entries()) {
    const entry = entries[number];
    scores[place] = entry === undefined ? -Infinity : score(entry.scoring);
  }
};
