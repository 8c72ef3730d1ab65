import { z } from 'zod';
import { BellwetherError } from '../lib/errors.js';
import { checkInput } from '../lib/input/check-input.js';
import { storedUserKeySchema, userKeySchema } from '../lib/input/text-schemas.js';
import { DAY_MS } from '../lib/time.js';
import { orUnavailable } from '../storage/database-errors.js';
import type { Transaction } from '../storage/store.js';
import { changeUsers, storedFlags, type PrivacyDeps } from './privacy-deps.js';
import { ERASED, MERGED, OPTED_OUT } from './user-flags.js';

export interface MergeDeps extends PrivacyDeps {
  /** Days for which the merged key is an alias. */
  readonly aliasDays: () => number;
  readonly sinks: readonly string[];
  /** Creates the event of the merge for the sinks. */
  readonly noticeOf: (pseudonym: string, into: string, at: Date) => object;
  /** Rebuilds the profile of a user from the stored events. */
  readonly rebuildProfile: (userKey: string) => Promise<void>;
  readonly onQueued: () => void;
}

/** One transaction moves the events, while both profiles are locked: about 0.3 s for so many. */
const MAX_MERGED_EVENTS = 10_000;

const mergeInput = z.object({ fromUserKey: storedUserKeySchema, intoUserKey: userKeySchema });

const FAILED =
  'The users are merged, but not all of it is complete; send the request again after retryAfterMs.';

/**
 * Merges users: an anonymous key joins the key of a signed-in user.
 *
 * One transaction locks both profiles, moves the events with their numbers and idempotency keys, and makes the old key an alias.
 * So every event counts once: one that is committed before moves, and one after finds the alias, as an event of an erased user
 * finds the tombstone; its idempotency key is found where it moved. The profile is then folded from the events of both, in the
 * order of their numbers. Settings of the user stay, and those of the old key apply if the user has none.
 */
export class MergeService {
  constructor(private readonly deps: MergeDeps) {}

  /**
   * Merges a user into another. Merging again into the same user changes nothing.
   *
   * @returns the key of the other user.
   * @throws {BellwetherError} BAD_USER_INPUT naming the field, also if one of them opted out, was erased, or was merged into a
   *   third user; LIMIT_EXCEEDED above {@link MAX_MERGED_EVENTS} events; UNAVAILABLE if it is not complete.
   */
  async merge(input: unknown): Promise<string> {
    const { fromUserKey, intoUserKey } = checkInput(mergeInput, input, 'input');
    const { store, sync, pseudonymOf, clock, rebuildProfile, onQueued } = this.deps;
    const { userKey: into } = await this.deps.users.knownTreatmentOf(intoUserKey, 'FOLLOW');
    if (fromUserKey === into) {
      throw BellwetherError.badInput('input.fromUserKey', 'input.fromUserKey must name another user.');
    }
    const at = new Date(clock());
    const seq = await changeUsers(store, (transaction) => this.#join(transaction, fromUserKey, into, at));
    await orUnavailable(FAILED, async () => {
      await sync.confirm(seq, [fromUserKey, into]);
      const { userData } = store;
      await userData.moveFeeds(fromUserKey, into);
      await userData.moveExposures(fromUserKey, into);
      for (const sink of await userData.sinksWithBacklog()) {
        await userData.rewriteOutbox(sink, fromUserKey, into);
      }
      await userData.moveRejectedEvents(
        { userKey: fromUserKey, userHash: pseudonymOf(fromUserKey) },
        { userKey: into, userHash: pseudonymOf(into) },
      );
      await userData.eraseTraces(fromUserKey);
      await rebuildProfile(into);
    });
    onQueued();
    return into;
  }

  async #join(transaction: Transaction, from: string, into: string, at: Date): Promise<bigint> {
    const { profiles, retiredUsers, userSettings, userData, privacyChanges } = transaction;
    const { pseudonymOf, aliasDays, sinks, noticeOf } = this.deps;
    const [fromHash, intoHash] = [pseudonymOf(from), pseudonymOf(into)];
    await profiles.lock([from, into]);
    const intoFlags = await storedFlags(transaction, { userKey: into, userHash: intoHash }, at);
    requireMergeable('input.intoUserKey', intoFlags);
    const alias = await retiredUsers.find(fromHash);
    if (alias?.userKey === into && alias.until > at) {
      await userData.removeProfile(from);
      return privacyChanges.add([{ userHash: fromHash, userKey: from, flags: MERGED }]);
    }
    const fromFlags = await storedFlags(transaction, { userKey: from, userHash: fromHash }, at);
    requireMergeable('input.fromUserKey', fromFlags);
    if ((await userData.countEvents(from, MAX_MERGED_EVENTS + 1)) > MAX_MERGED_EVENTS) {
      throw BellwetherError.limitExceeded(
        'input.fromUserKey',
        `input.fromUserKey has more than ${MAX_MERGED_EVENTS.toLocaleString('en')} events, so it cannot be merged.`,
      );
    }
    await userData.moveEvents(from, into, MAX_MERGED_EVENTS);
    await userData.removeProfile(from);
    await userData.dropProfileState(into);
    const settings = await userSettings.find(from);
    if (settings?.updatedAt != null && (await userSettings.find(into)) === undefined) {
      await userSettings.save(into, { ...settings, updatedAt: settings.updatedAt });
    }
    await userSettings.remove(from);
    const flags = await storedFlags(transaction, { userKey: into, userHash: intoHash }, at);
    const until = new Date(at.getTime() + aliasDays() * DAY_MS);
    const earlier = await retiredUsers.aliasesOf(from);
    for (const userHash of [fromHash, ...earlier]) {
      await retiredUsers.save({ userHash, userKey: into, retiredAt: at, until });
    }
    for (const sink of sinks) {
      await userData.addToOutbox(sink, fromHash, noticeOf(fromHash, intoHash, at), at);
    }
    return privacyChanges.add([
      { userHash: fromHash, userKey: from, flags: MERGED },
      ...earlier.map((userHash) => ({ userHash, userKey: null, flags: MERGED })),
      { userHash: intoHash, userKey: into, flags },
    ]);
  }
}

function requireMergeable(field: string, flags: number): void {
  const problem =
    (flags & OPTED_OUT) !== 0
      ? 'has opted out of personalization, so nothing is written for it'
      : (flags & ERASED) !== 0
        ? 'was erased'
        : (flags & MERGED) !== 0
          ? 'was merged into another user'
          : undefined;
  if (problem !== undefined) throw BellwetherError.badInput(field, `${field} ${problem}.`);
}
