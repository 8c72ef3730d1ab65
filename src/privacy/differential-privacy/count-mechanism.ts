import type { Work } from '../../lib/event-loop.js';
import { discreteGaussian, gaussianTail, gaussianVariance } from './discrete-gaussian.js';
import { discreteLaplace, laplaceDeviation, laplaceTail } from './discrete-laplace.js';
import { ratio, type RandomBytes, type Rational } from './exact-random.js';
import { leastWhole } from './least-whole.js';
import { deltaOf, epsilonOf, type PrivacyLoss } from '../../domain/privacy-loss.js';

/** Distribution of the noise. */
export type NoiseKind = 'LAPLACE' | 'GAUSSIAN';

/** How counts of users are released. It depends on settings only, never on the counts. */
export interface CountMechanism {
  readonly noise: NoiseKind;
  /** Scale of the discrete Laplace distribution, or σ² of the discrete Gaussian. */
  readonly parameter: Rational;
  /** Standard deviation of the noise, in users. */
  readonly standardDeviation: number;
  /** A noisy count below it is suppressed. */
  readonly threshold: number;
}

/**
 * Chooses the mechanism for counts of which one user changes at most `cellsPerUser` by 1: the one with less noise.
 *
 * Which cells exist depends on the users, because nearly all combinations of topics and countries have none. A release over
 * all possible cells would consist of noise, so cells are selected by a threshold: a cell is released if it has users and
 * its noisy count is at least T. A cell that exists because of one user has the count 1 and appears with the probability
 * p = P(X ≥ T − 1); one of k such cells appears with the probability 1 − (1 − p)^k. T is the least whole number with
 *
 *     1 − (1 − P(X ≥ T − 1))^k ≤ δ_T
 *
 * - LAPLACE: discrete Laplace noise of scale k/ε hides the other cells with ε alone, so δ_T = δ.
 * - GAUSSIAN: σ² for (ε, δ/2), and δ_T = δ/2.
 *
 * Unless a cell of one user alone appears, an event of probability at most δ_T, the release is that of the other cells, with
 * and without this user. Source: Korolova, Kenthapadi, Mishra, Ntoulas, "Releasing search queries and clicks privately"
 * (2009). Google's differential-privacy library (`Threshold` in go/noise) and OpenDP (`make_laplace_threshold`) use the same
 * formula for k cells.
 */
export function countMechanism(loss: PrivacyLoss, cellsPerUser: number): CountMechanism {
  const laplace = laplaceMechanism(loss, cellsPerUser);
  const gaussian = gaussianMechanism(loss, cellsPerUser);
  return laplace.standardDeviation <= gaussian.standardDeviation ? laplace : gaussian;
}

/** The mechanism with discrete Laplace noise. */
export function laplaceMechanism(loss: PrivacyLoss, cellsPerUser: number): CountMechanism {
  const parameter = ratio(BigInt(cellsPerUser) * 1_000_000n, BigInt(loss.epsilonMillionths));
  const scale = toNumber(parameter);
  return {
    ...{ noise: 'LAPLACE', parameter, standardDeviation: laplaceDeviation(scale) },
    threshold: thresholdOf((n) => laplaceTail(scale, n), cellsPerUser, deltaOf(loss)),
  };
}

/** The mechanism with discrete Gaussian noise. */
export function gaussianMechanism(loss: PrivacyLoss, cellsPerUser: number): CountMechanism {
  const delta = deltaOf(loss) / 2;
  const parameter = gaussianVariance(cellsPerUser, epsilonOf(loss), delta);
  const variance = toNumber(parameter);
  return {
    ...{ noise: 'GAUSSIAN', parameter, standardDeviation: Math.sqrt(variance) },
    threshold: thresholdOf((n) => gaussianTail(variance, n), cellsPerUser, delta),
  };
}

/** Adds noise to counts above 0 and yields after each. @returns the noisy counts that reach the threshold. */
export function* noisyCounts<Cell>(
  counts: Iterable<readonly [Cell, number]>,
  { noise, parameter, threshold }: CountMechanism,
  random: RandomBytes,
): Work<[Cell, number][]> {
  const sample = noise === 'LAPLACE' ? discreteLaplace : discreteGaussian;
  const released: [Cell, number][] = [];
  for (const [cell, count] of counts) {
    const noisy = count + Number(sample(random, parameter));
    if (noisy >= threshold) released.push([cell, noisy]);
    yield;
  }
  return released;
}

/** Absorbs the rounding of the functions that compute tails, about 1e-13 of their value. */
const ROUNDING = 1 - 1e-9;

/** Returns the least T with 1 − (1 − tail(T − 1))^k ≤ δ, at least 2. */
function thresholdOf(tail: (n: number) => number, cellsPerUser: number, delta: number): number {
  const perCell = -Math.expm1(Math.log1p(-delta) / cellsPerUser) * ROUNDING;
  return 1 + leastWhole((n) => tail(n) <= perCell);
}

function toNumber({ numerator, denominator }: Rational): number {
  return Number(numerator) / Number(denominator);
}
