import { OperatorError } from '../lib/errors.js';
import { checkRanking } from './check-ranking.js';
import { faultSentences } from './config-fault.js';
import { readConfigText } from './config-text.js';
import { mergeTrees } from './config-tree.js';
import { parseConfigYaml } from './config-yaml.js';
import type { RankingConfig } from './ranking-schema.js';

const defaultFile = new URL('../../src/config/default.yaml', import.meta.url);
const DEFAULT_NAME = 'default.yaml';

/** The default ranking config as it is written, with what everything in it means. */
export function defaultRankingText(): string {
  return readConfigText(defaultFile, DEFAULT_NAME);
}

/**
 * The ranking config: the default, with a deployment's own file merged over it.
 *
 * @throws {OperatorError} telling every fault of the file with its path, or why it cannot be read.
 */
export function loadRankingConfig(file: string | undefined): RankingConfig {
  return file === undefined
    ? parseRankingConfig('', DEFAULT_NAME)
    : parseRankingConfig(readConfigText(file, file), file);
}

/**
 * {@link loadRankingConfig} of the text of a file.
 *
 * @param name what messages call the file.
 */
export function parseRankingConfig(text: string, name: string): RankingConfig {
  const defaults = parseConfigYaml(defaultRankingText(), DEFAULT_NAME);
  const own = parseConfigYaml(text, name);
  // A file of nothing but comments changes nothing.
  const checked = checkRanking(own === null ? defaults : mergeTrees(defaults, own), defaults);
  if (checked.faults === undefined) return checked.config;
  const faults = faultSentences(checked.faults).map((sentence) => `  ${sentence}`);
  throw new OperatorError(`The ranking config ${name} has faults:\n${faults.join('\n')}`);
}
