import { isScalar, parseDocument } from 'yaml';
import { BellwetherError, OperatorError } from '../lib/errors.js';
import { parseConfigYaml, readConfigText } from './config-file.js';
import { configDifferences, mergeTrees } from './config-values.js';
import type { RankingConfig } from './schema/ranking-schema.js';
import { formatErrors } from './validation/config-error.js';
import { validateRanking } from './validation/validate-ranking.js';

const defaultFile = new URL('../../src/config/default.yaml', import.meta.url);
const DEFAULT_NAME = 'default.yaml';

/** Returns the YAML of the default ranking config, with comments. */
export function defaultRankingText(): string {
  return readConfigText(defaultFile, DEFAULT_NAME);
}

/**
 * Loads the ranking config: the default with the operator's file merged over it.
 *
 * @throws {OperatorError} with every error of the file and its path, or the reason why the file cannot be read.
 */
export function loadRankingConfig(file: string | undefined): RankingConfig {
  return file === undefined
    ? parseRankingConfig('', DEFAULT_NAME)
    : parseRankingConfig(readConfigText(file, file), file);
}

/**
 * {@link loadRankingConfig} for the text of a file.
 *
 * @param name name of the file in error messages.
 */
export function parseRankingConfig(text: string, name: string): RankingConfig {
  const defaults = parseConfigYaml(defaultRankingText(), DEFAULT_NAME);
  const overrides = parseConfigYaml(text, name);
  // A file without values, such as one with only comments, parses to null.
  const validated = validateRanking(
    overrides === null ? defaults : mergeTrees(defaults, overrides),
    defaults,
  );
  if (validated.errors === undefined) return validated.config;
  const sentences = formatErrors(validated.errors).map((sentence) => `  ${sentence}`);
  throw new OperatorError(
    `The ranking config ${name} is invalid. Correct these values:\n${sentences.join('\n')}`,
  );
}

/**
 * Returns a copy of a config with some values changed, validated like a file.
 *
 * @param patch only the values that differ, as in an operator's file.
 * @throws {BellwetherError} BAD_USER_INPUT with every error; `field` is the path of the first, below `config`.
 */
export function patchConfig(config: RankingConfig, patch: unknown): RankingConfig {
  const validated = validateRanking(mergeTrees(config, patch), config);
  if (validated.errors === undefined) return validated.config;
  const [first] = validated.errors;
  const field = ['config', first?.path].filter(Boolean).join('.');
  throw BellwetherError.badInput(
    field,
    `The config patch is invalid. ${formatErrors(validated.errors, 'config').join('. ')}.`,
  );
}

/** Formats a config as YAML with the comments of the default config. A comment after each changed value gives its default. */
export function printableRankingConfig(config: RankingConfig): string {
  const document = parseDocument(defaultRankingText());
  for (const { path, from, to } of configDifferences(loadRankingConfig(undefined), config)) {
    const keys = path.split('.');
    document.setIn(keys, document.createNode(to));
    const node = document.getIn(keys, true);
    if (isScalar(node)) node.comment = ` default: ${String(from)}`;
  }
  return document.toString({ lineWidth: 0 });
}
