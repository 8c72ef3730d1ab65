import type { CallerLimits } from '../../src/server/caller-limits.js';

/** Limits that every caller is within. */
export const openLimits: CallerLimits = {
  addressOf: ({ socket }) => socket.remoteAddress ?? '',
  rates: { exhausted: () => undefined, consume: () => Promise.resolve(undefined) },
  documents: { acceptsIds: false, textOf: () => undefined, check: () => undefined },
};
