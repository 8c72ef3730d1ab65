import type { FullProfile } from '../domain/profile.js';
import type { Store } from '../storage/store.js';

/** Rolls back a transaction whose user has no events any more, so that it stores no empty profile. */
const NO_EVENTS = new Error('The events of the user were removed.');

/** Each catch-up folds the events that arrived during the previous one. */
const MAX_CATCH_UPS = 5;

/**
 * Rebuilds a profile from the stored events. The result equals the profile before, unless events were removed since, a
 * market's topics changed, or the `profile` section of the ranking config changed.
 *
 * The history is folded before the profile is locked, so that new events of the user wait only for the last catch-up. If
 * the last folded event was removed meanwhile, the user may have been erased, and the history is folded again. A user without a
 * profile and without events gets none.
 */
export async function rebuildProfile(
  store: Pick<Store, 'profiles' | 'transaction'>,
  userKey: string,
): Promise<FullProfile> {
  for (;;) {
    let folded = await store.profiles.fold(userKey);
    for (let catchUp = 0; catchUp < MAX_CATCH_UPS; catchUp += 1) {
      const { seq } = folded;
      folded = await store.profiles.fold(userKey, folded);
      if (folded.seq === seq) break;
    }
    const rebuild = store.transaction(async ({ profiles }) => {
      const [version = 0] = await profiles.lock([userKey]);
      const isGone = !(await profiles.isStored(folded));
      if (isGone || (folded.seq === 0n && version === 0)) throw NO_EVENTS;
      // The events of a user are stored in the order of `seq`, so no event before the last folded one can arrive.
      const { state } = await profiles.fold(userKey, folded);
      return profiles.overwrite({ ...state, version: version + 1 });
    });
    const rebuilt = await rebuild.catch((error: unknown) => {
      if (error !== NO_EVENTS) throw error;
      return undefined;
    });
    if (rebuilt !== undefined) return rebuilt;
    if (folded.seq === 0n) return folded.state;
  }
}
