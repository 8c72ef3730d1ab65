import type { ComposedFeed } from './composed-feed.js';
import type { RankersV2 } from './rankers-v2.js';
import type { RankingInputs } from './ranking-inputs.js';
import { composeV1 } from './v1-pipeline.js';
import { composeV2 } from './v2-pipeline.js';

/** The feed that follows from these inputs. Synchronous and pure: the same inputs give the same feed. */
export function composeFeed(inputs: RankingInputs, v2: RankersV2): ComposedFeed {
  return inputs.algorithm === 'v1' ? composeV1(inputs) : composeV2(inputs, v2);
}
