import { createHash } from 'node:crypto';
import type { RankingConfig } from '../config/schema/ranking-schema.js';

/** The ranking of a user. */
export interface AlgorithmChoice {
  readonly algorithm: 'v1' | 'v2';
  /** Whether the ranking may depend on the user. */
  readonly personal: boolean;
}

/**
 * The position of a user in a rollout, 0 to under 100: a stable hash, uniform over keys. A user in a rollout is in every
 * larger one. All anonymous users share one position.
 */
export function rolloutPosition(userKey: string | null): number {
  const digest = createHash('sha256')
    .update(`rollout:${userKey ?? ''}`)
    .digest();
  return (digest.readUInt32BE(0) / 2 ** 32) * 100;
}

/** Returns the requested ranking, else that of the rollout or of the holdout. */
export function chooseAlgorithm(
  config: RankingConfig['ranking'],
  userKey: string | null,
  requested: 'v1' | 'v2' | null,
): AlgorithmChoice {
  const personal = config.personalization;
  if (requested !== null) return { algorithm: requested, personal };
  if (config.rollout >= 100 || rolloutPosition(userKey) < config.rollout) {
    return { algorithm: config.algorithm, personal };
  }
  if (config.others === 'global') return { algorithm: config.algorithm, personal: false };
  return { algorithm: config.others, personal };
}
