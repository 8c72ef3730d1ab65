import { createHash } from 'node:crypto';
import type { RankingConfig } from '../config/ranking-schema.js';

/** How a feed is to be ranked, and whether what is known of the person may take part. */
export interface AlgorithmChoice {
  readonly algorithm: 'v1' | 'v2';
  readonly personal: boolean;
}

/**
 * Where a person stands in a rollout, 0 to under 100: always the same for the same key, and evenly spread over keys.
 * A person in a smaller rollout is in every larger one. People without a key stand together in one place.
 */
export function rolloutPlace(userKey: string | null): number {
  const digest = createHash('sha256')
    .update(`rollout:${userKey ?? ''}`)
    .digest();
  return (digest.readUInt32BE(0) / 2 ** 32) * 100;
}

/**
 * The ranking that a person gets: the one asked for, or by the config that of the rollout or that of the others.
 */
export function chooseAlgorithm(
  config: RankingConfig['ranking'],
  userKey: string | null,
  asked: 'v1' | 'v2' | null,
): AlgorithmChoice {
  const personal = config.personalization;
  if (asked !== null) return { algorithm: asked, personal };
  if (config.rollout >= 100 || rolloutPlace(userKey) < config.rollout) {
    return { algorithm: config.algorithm, personal };
  }
  if (config.others === 'global') return { algorithm: config.algorithm, personal: false };
  return { algorithm: config.others, personal };
}
