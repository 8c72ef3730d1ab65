import { checkInput } from '../lib/input/check-input.js';
import { storedUserKeySchema } from '../lib/input/text-schemas.js';
import { DAY_MS } from '../lib/time.js';
import { orUnavailable } from '../storage/database-errors.js';
import { changedUser, changeUsers, type PrivacyDeps } from './privacy-deps.js';
import { ERASED } from './user-flags.js';
import type { AliasUse } from './user-register.js';

export interface ErasureDeps extends PrivacyDeps {
  /** Days for which the key of an erased user is blocked. */
  readonly blockedDays: () => number;
  /** Names of the sinks that are notified of the erasure. */
  readonly sinks: readonly string[];
  /** Creates the event of the erasure for the sinks. */
  readonly noticeOf: (pseudonym: string, at: Date) => object;
  /** Makes the roll-ups of trends count the removal of a user's events. */
  readonly countChangesOf: (userKey: string) => Promise<void>;
  /** Drops the values of the last statements of this process. */
  readonly forgetStatements: () => void;
  /** Signals new rows in the outbox. */
  readonly onQueued: () => void;
}

const FAILED =
  'The erasure has begun, and no data of the user is used any more, but it is not complete; send the request again after retryAfterMs.';

/**
 * Erases users.
 *
 * 1. One transaction locks the profile, removes it and the settings, and stores a tombstone: the pseudonym of the key. From then
 *    on no transaction can store an event of the user: one that inserts a profile looks for the tombstone afterwards.
 * 2. Every replica drops what it has in memory about the user, waits for its writes in progress, and confirms.
 * 3. The stored rows are removed in steps, each of which takes milliseconds. Nothing can be added meanwhile.
 * 4. Each sink gets a notice, after a delivery in progress has ended.
 *
 * Keys that were merged into the user are erased with it. The key stays blocked for some days: feeds are global, events are
 * ignored. Then the user can come back as a new one. Imports ignore events before the erasure forever.
 *
 * Every step can be repeated, so a request that failed or was interrupted is completed by sending it again.
 */
export class ErasureService {
  constructor(private readonly deps: ErasureDeps) {}

  /**
   * Erases a user. Also tombstones a user that is not known.
   *
   * @throws {BellwetherError} BAD_USER_INPUT naming the field; FORBIDDEN for an ignored alias; UNAVAILABLE if it is not
   *   complete.
   */
  async erase(userKey: unknown, aliases: AliasUse): Promise<void> {
    const checked = checkInput(storedUserKeySchema, userKey, 'userKey');
    const owner = await changedUser(this.deps.users, checked, aliases);
    const { seq, at, userHashes } = await this.#retire(owner);
    await orUnavailable(FAILED, async () => {
      await this.deps.sync.confirm(seq, [owner]);
      await this.#removeRows(owner, userHashes, at);
    });
    this.deps.forgetStatements();
    this.deps.onQueued();
  }

  async #retire(userKey: string): Promise<{ seq: bigint; at: Date; userHashes: readonly string[] }> {
    const { store, pseudonymOf, clock, blockedDays } = this.deps;
    const retiredAt = new Date(clock());
    const until = new Date(retiredAt.getTime() + blockedDays() * DAY_MS);
    return changeUsers(store, async ({ profiles, retiredUsers, userSettings, userData, privacyChanges }) => {
      await profiles.lock([userKey]);
      const own = pseudonymOf(userKey);
      const aliases = await retiredUsers.aliasesOf(userKey);
      for (const userHash of [own, ...aliases]) {
        await retiredUsers.save({ userHash, userKey: null, retiredAt, until });
      }
      await userData.removeProfile(userKey);
      await userSettings.remove(userKey);
      const seq = await privacyChanges.add([
        { userHash: own, userKey, flags: ERASED },
        // Everything of an alias is kept under the key of the user.
        ...aliases.map((userHash) => ({ userHash, userKey: null, flags: ERASED })),
      ]);
      return { seq, at: retiredAt, userHashes: [own, ...aliases] };
    });
  }

  async #removeRows(userKey: string, userHashes: readonly string[], at: Date): Promise<void> {
    const { store, sinks, pseudonymOf, noticeOf, countChangesOf } = this.deps;
    const { userData } = store;
    while (await userData.eraseEvents(userKey));
    while (await userData.eraseKeptClientEvents(userKey));
    while (await userData.eraseServedFeeds(userKey));
    await userData.eraseExposures(userKey);
    for (const sink of new Set([...sinks, ...(await userData.sinksWithBacklog())])) {
      await userData.rewriteOutbox(sink, userKey, null);
      await store.transaction(async (transaction) => {
        // The relay may still deliver events that it had read before they were removed.
        await transaction.userData.lockRelay(sink);
        if (!sinks.includes(sink)) return;
        const pseudonym = pseudonymOf(userKey);
        await transaction.userData.addToOutbox(sink, pseudonym, noticeOf(pseudonym, at), at);
      });
    }
    // After the relays, which may have added dead letters.
    await userData.eraseRejectedEvents(userKey, userHashes);
    await countChangesOf(userKey);
    await userData.eraseTraces(userKey);
  }
}
