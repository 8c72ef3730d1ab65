import type { Filter } from '../candidate.js';

/** Removes what the person hid. */
export const notHidden: Filter = {
  name: 'not-hidden',
  keeps: (candidate, { profile }) => profile?.hidden.has(candidate.market.id) !== true,
};
