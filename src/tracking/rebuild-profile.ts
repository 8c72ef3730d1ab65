import { profileChanges } from '../repositories/profile-changes.js';
import { emptyProfile, type ProfileState } from '../repositories/profile-state.js';
import type { Transaction } from '../repositories/store.js';
import { applyEvent } from '../profiles/apply-event.js';
import type { ProfileMemory } from '../profiles/profile-memory.js';
import { toProfileEvent } from './commit-events.js';

const EVENTS_AT_ONCE = 5_000;

/**
 * Makes a profile anew from the events that are stored, within one transaction. It comes out as it was,
 * unless events were forgotten since, a market's topics changed, or the ranking config's `profile` did.
 */
export async function rebuildProfile(
  transaction: Transaction,
  userKey: string,
  memory: ProfileMemory,
): Promise<ProfileState> {
  const [version = 0] = await transaction.profiles.lock([userKey]);
  let state = emptyProfile(userKey);
  let seq = 0n;
  for (;;) {
    const events = await transaction.interactions.historyOf(userKey, seq, EVENTS_AT_ONCE);
    for (const event of events) {
      const { marketId: id, category, tags, probability, volume24h } = event;
      state = applyEvent(
        state,
        toProfileEvent(event, { id, category, tags, probability, volume24h }),
        memory,
      );
      seq = event.seq;
    }
    if (events.length < EVENTS_AT_ONCE) break;
  }
  const rebuilt = { ...state, version: version + 1 };
  await transaction.profiles.forget(userKey);
  await transaction.write(profileChanges([emptyProfile(userKey)], [rebuilt]));
  return rebuilt;
}
