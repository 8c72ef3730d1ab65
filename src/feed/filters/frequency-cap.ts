import { changedEnough, exceedsFrequencyCap } from '../../scoring/v2/discount.js';
import type { Filter } from './filter.js';

/**
 * Removes markets over the frequency cap or in a cooldown: the user ignored their impressions, and they have not changed
 * materially since the last one.
 */
export const frequencyCap: Filter = {
  name: 'shown-too-often',
  reason: 'SHOWN_TOO_OFTEN',
  apply: ({ snapshot: { columns }, user, nowMs, config }, remove) => {
    for (const impression of user?.impressions ?? []) {
      if (!exceedsFrequencyCap(impression, nowMs, config.impressions)) continue;
      const row = columns.rowOf(impression.marketId);
      if (row === undefined) continue;
      const now = {
        probability: columns.probability[row] as number,
        volume24h: columns.volume24h[row] as number,
      };
      if (!changedEnough(impression, now, config.impressions.changed)) remove(row);
    }
  },
};
