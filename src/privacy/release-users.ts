import type { Store } from '../storage/store.js';
import { RELEASED } from './user-flags.js';

/** Keys per transaction. */
const KEYS_PER_STEP = 500;

/**
 * Ends the retirements whose time is over: removes aliases, and unblocks the keys of erased users. Replicas apply it within about
 * a second.
 *
 * @param signal ends the run before the next step.
 * @returns the number of keys.
 */
export async function releaseUsers(
  store: Pick<Store, 'transaction'>,
  { now, signal }: { readonly now: Date; readonly signal: AbortSignal },
): Promise<number> {
  let released = 0;
  while (!signal.aborted) {
    const count = await store.transaction(async ({ retiredUsers, privacyChanges }) => {
      const ended = await retiredUsers.ended(now, KEYS_PER_STEP);
      if (ended.length === 0) return 0;
      await retiredUsers.release(ended.map(({ userHash }) => userHash));
      await privacyChanges.add(ended.map(({ userHash }) => ({ userHash, userKey: null, flags: RELEASED })));
      return ended.length;
    });
    released += count;
    if (count < KEYS_PER_STEP) break;
  }
  return released;
}
