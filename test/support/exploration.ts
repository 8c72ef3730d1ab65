import { loadRankingConfig } from '../../src/config/ranking-config.js';
import type { ExplorationConfig } from '../../src/config/schema/feed-schema.js';
import type { RankingConfig } from '../../src/config/schema/ranking-schema.js';
import { addImpression, GRAM_SIZE } from '../../src/scoring/exploration/linear-evidence.js';
import {
  FEATURES,
  linearContext,
  linearFeatures,
  marketTopics,
  marketVector,
} from '../../src/scoring/exploration/linear-features.js';
import type { ExplorationEvidence } from '../../src/scoring/exploration/arms.js';

/** The policies of exploration that learn. */
export const LEARNING_POLICIES = ['epsilonGreedy', 'ucb1', 'thompson', 'linUcb', 'linThompson'] as const;

const defaults = loadRankingConfig(undefined);

/** The default config with another exploration. */
export function exploringConfig(changes: Partial<ExplorationConfig>): RankingConfig {
  const { feed } = defaults;
  return { ...defaults, feed: { ...feed, exploration: { ...feed.exploration, ...changes } } };
}

/** Evidence after random impressions of some markets. */
export function evidenceOf(ids: readonly string[], draw: (below: number) => number): ExplorationEvidence {
  const arms = new Map(
    ids.map((id) => {
      const impressions = draw(40);
      return [id, { impressions, rewards: Math.min(impressions, draw(8)) }] as const;
    }),
  );
  const linear = { gram: new Float64Array(GRAM_SIZE), moment: new Float64Array(FEATURES) };
  for (let impression = 0; impression < 10; impression += 1) {
    const topics = marketTopics({ category: `category ${draw(5)}`, tags: [`tag ${draw(6)}`] });
    const context = linearContext([], ['IL', 'US', null][draw(3)] ?? null, draw(24) * 3_600_000);
    const market = marketVector(topics, draw(10) * 86_400_000, draw(10) / 100, 0.05);
    addImpression(linear, linearFeatures(context, market), draw(5) === 0 ? 1 : 0);
  }
  const impressions = [...arms.values()].reduce((sum, arm) => sum + arm.impressions, 0);
  return { arms, impressions, linear };
}
