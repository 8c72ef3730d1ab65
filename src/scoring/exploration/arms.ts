import type { ExplorationConstants } from './exploration-weight.js';
import { NO_EVIDENCE, type LinearEvidence } from './linear-evidence.js';

/** The impressions of a market in the slot EXPLORATION, and how many of them led to an engagement. Both decay. */
export interface Arm {
  readonly impressions: number;
  /** At most `impressions`. */
  readonly rewards: number;
}

/** What exploration has shown, as of the version of the model that contains it. Immutable. */
export interface ExplorationEvidence {
  /** By market id. */
  readonly arms: ReadonlyMap<string, Arm>;
  /** Impressions of all arms. */
  readonly impressions: number;
  readonly linear: LinearEvidence;
}

/** The evidence of a site that has explored nothing. */
export const NO_EXPLORATION: ExplorationEvidence = {
  arms: new Map(),
  impressions: 0,
  linear: NO_EVIDENCE,
};

export const UNSEEN: Arm = { impressions: 0, rewards: 0 };

type Prior = Pick<ExplorationConstants, 'priorClickRate' | 'priorImpressions'>;

/** A distribution of the reward rate of an arm. */
export interface BetaPosterior {
  readonly alpha: number;
  readonly beta: number;
}

/** Beta(p·n + rewards, (1 − p)·n + impressions − rewards), for a prior click rate p that is worth n impressions. */
export function betaPosterior(
  { impressions, rewards }: Arm,
  { priorClickRate, priorImpressions }: Prior,
): BetaPosterior {
  return {
    alpha: priorClickRate * priorImpressions + rewards,
    beta: (1 - priorClickRate) * priorImpressions + impressions - rewards,
  };
}

/** The mean of the posterior, 0–1. */
export function rewardRate(
  { impressions, rewards }: Arm,
  { priorClickRate, priorImpressions }: Prior,
): number {
  return (rewards + priorClickRate * priorImpressions) / (impressions + priorImpressions);
}

/** The standard deviation of a Beta distribution. */
export function betaDeviation({ alpha, beta }: BetaPosterior): number {
  const total = alpha + beta;
  return Math.sqrt((alpha * beta) / (total * total * (total + 1)));
}

/** The standard deviation of one reward under the prior: √(p·(1 − p)). */
export function rewardDeviation({ priorClickRate }: Pick<Prior, 'priorClickRate'>): number {
  return Math.sqrt(priorClickRate * (1 - priorClickRate));
}

/**
 * The index of UCB1: `rate + confidence · σ · √(ln(1 + N) / (n + n₀))`, where σ is the deviation of a reward, N and n are the
 * impressions of all arms and of this one, and n₀ those that the prior is worth. With `confidence · σ` = √2 and n₀ = 0, it is
 * the index of the source.
 *
 * Source: Auer, Cesa-Bianchi and Fischer 2002, "Finite-time analysis of the multiarmed bandit problem"; with decayed counts,
 * Garivier and Moulines 2011, "On upper-confidence bound policies for switching bandit problems".
 */
export function ucb1Index(arm: Arm, totalImpressions: number, prior: Prior, confidence: number): number {
  const count = arm.impressions + prior.priorImpressions;
  const width = Math.sqrt(Math.log1p(totalImpressions) / count);
  return rewardRate(arm, prior) + confidence * rewardDeviation(prior) * width;
}

/**
 * The value of an explored market: a reward rate times the {@link lifeFactor}. A linear model may predict a rate below 0, which
 * the factor must lower too.
 */
export function valueOf(rate: number, life: number): number {
  return rate > 0 ? rate * life : rate / life;
}
