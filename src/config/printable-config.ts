import { isScalar, parseDocument } from 'yaml';
import { configDifferences } from './config-differences.js';
import { defaultRankingText, loadRankingConfig } from './ranking-config.js';
import type { RankingConfig } from './ranking-schema.js';

/** A whole config as YAML, with the comments of the default one; a value that differs is told beside what it was. */
export function printableRankingConfig(config: RankingConfig): string {
  const document = parseDocument(defaultRankingText());
  for (const { path, from, to } of configDifferences(loadRankingConfig(undefined), config)) {
    const place = path.split('.');
    document.setIn(place, document.createNode(to));
    const node = document.getIn(place, true);
    if (isScalar(node)) node.comment = ` default: ${String(from)}`;
  }
  return document.toString({ lineWidth: 0 });
}
