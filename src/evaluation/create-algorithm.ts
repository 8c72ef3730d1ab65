import type { RankingConfig } from '../config/ranking-schema.js';
import type { Algorithm, AlgorithmName } from './algorithm.js';
import { algorithmV1 } from './algorithm-v1.js';
import { algorithmV2 } from './algorithm-v2.js';
import type { Archive } from './archive.js';
import { popularityAlgorithm, randomAlgorithm, recencyAlgorithm } from './baselines.js';

/**
 * An algorithm for one replay of an archive.
 *
 * @param seed of the random ranking.
 */
export function createAlgorithm(
  name: AlgorithmName,
  archive: Archive,
  config: RankingConfig,
  seed: number,
): Algorithm {
  switch (name) {
    case 'random':
      return randomAlgorithm(seed);
    case 'popularity':
      return popularityAlgorithm;
    case 'recency':
      return recencyAlgorithm;
    case 'v1':
      return algorithmV1;
    case 'v2':
      return algorithmV2(archive, config);
  }
}
