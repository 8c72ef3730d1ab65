import type { ProfileState } from '../../domain/profile.js';
import type { Filter } from './filter.js';

/** Whether the user hid a market and did not unhide it since. */
export function isHidden(profile: Pick<ProfileState, 'hidden'> | null, marketId: string): boolean {
  return profile?.hidden.has(marketId) === true;
}

/** Removes the markets that {@link isHidden}. */
export const hidden: Filter = {
  name: 'hidden',
  reason: 'HIDDEN',
  apply: ({ snapshot: { columns }, profile }, remove) => {
    for (const marketId of profile?.hidden.keys() ?? []) {
      const row = columns.rowOf(marketId);
      if (row !== undefined) remove(row);
    }
  },
};
