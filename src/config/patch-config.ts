import { BellwetherError } from '../lib/errors.js';
import { checkRanking } from './check-ranking.js';
import { faultSentences } from './config-fault.js';
import { mergeTrees } from './config-tree.js';
import type { RankingConfig } from './ranking-schema.js';

/**
 * A config with some values changed, checked like a file; the given one stays as it is.
 *
 * @param patch holds only what differs, as a deployment's file does.
 * @throws {BellwetherError} BAD_USER_INPUT telling every fault; its field is the path of the first, below `config`.
 */
export function patchConfig(config: RankingConfig, patch: unknown): RankingConfig {
  const checked = checkRanking(mergeTrees(config, patch), config);
  if (checked.faults === undefined) return checked.config;
  const [first] = checked.faults;
  const field = ['config', first?.path].filter(Boolean).join('.');
  throw BellwetherError.badInput(
    field,
    `The config patch has faults. ${faultSentences(checked.faults, 'config').join('. ')}.`,
  );
}
