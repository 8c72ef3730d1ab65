import type { ProfileState } from '../repositories/profile-state.js';
import type { Transaction } from '../repositories/store.js';

/**
 * Makes a profile anew from the events that are stored, within one transaction. It comes out as it was,
 * unless events were forgotten since, a market's topics changed, or the ranking config's `profile` did.
 */
export async function rebuildProfile(transaction: Transaction, userKey: string): Promise<ProfileState> {
  const [version = 0] = await transaction.profiles.lock([userKey]);
  return transaction.profiles.rebuild(userKey, version);
}
