import type { Filter } from '../candidate.js';

/** Removes markets whose time of resolution has come, though nobody closed them yet. */
export const notOver: Filter = {
  name: 'not-over',
  keeps: (candidate, { nowMs }) => candidate.resolvesAtMs > nowMs,
};
