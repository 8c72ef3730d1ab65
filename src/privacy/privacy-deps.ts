import type { Clock } from '../lib/clock.js';
import { BellwetherError } from '../lib/errors.js';
import type { Store, Transaction } from '../storage/store.js';
import { isConflict } from '../storage/events/recording.js';
import { orUnavailable, sqlStateOf } from '../storage/database-errors.js';
import type { PrivacySync } from './privacy-sync.js';
import { CONSENTS, ERASED, MERGED, OPTED_OUT } from './user-flags.js';
import type { AliasUse, KnownTreatment } from './user-register.js';

/** What the services of this folder share. */
export interface PrivacyDeps {
  readonly store: Store;
  readonly sync: Pick<PrivacySync, 'confirm'>;
  readonly users: {
    /** @throws {BellwetherError} UNAVAILABLE. */
    knownTreatmentOf(userKey: string, aliases: AliasUse): Promise<KnownTreatment>;
  };
  readonly pseudonymOf: (userKey: string) => string;
  readonly clock: Clock;
}

/**
 * Returns the user whose data a change concerns.
 *
 * @throws {BellwetherError} FORBIDDEN for an ignored alias: its data belongs to another user. UNAVAILABLE.
 */
export async function changedUser(
  users: PrivacyDeps['users'],
  userKey: string,
  aliases: AliasUse,
): Promise<string> {
  const { kind, userKey: owner } = await users.knownTreatmentOf(userKey, aliases);
  if (kind !== 'MERGED') return owner;
  throw BellwetherError.forbidden(
    undefined,
    'The user of the token was merged into another user, who now has its data: send a token of that user.',
  );
}

const FAILED = 'The database cannot change the user now; send the request again after retryAfterMs.';

/** lock_not_available: events of the user are being committed. */
const LOCKED = '55P03';

/** About 5 s, as each attempt waits for a profile for 500 ms. */
const ATTEMPTS = 10;

/**
 * Runs a transaction that changes users, again while their profiles are locked.
 *
 * @throws {BellwetherError} UNAVAILABLE if the database fails.
 */
export function changeUsers<Result>(
  store: Pick<Store, 'transaction'>,
  change: (transaction: Transaction) => Promise<Result>,
): Promise<Result> {
  return orUnavailable(FAILED, async () => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await store.transaction(change);
      } catch (error) {
        const isLocked = isConflict(error) || sqlStateOf(error) === LOCKED;
        if (!isLocked || attempt === ATTEMPTS) throw error;
      }
    }
  });
}

/** Returns the flags of a user as a transaction sees them. */
export async function storedFlags(
  { userSettings, retiredUsers }: Pick<Transaction, 'userSettings' | 'retiredUsers'>,
  user: { readonly userKey: string; readonly userHash: string },
  at: Date,
): Promise<number> {
  const settings = await userSettings.find(user.userKey);
  const retired = await retiredUsers.find(user.userHash);
  let flags = 0;
  if (settings?.personalizationEnabled === false) flags |= OPTED_OUT;
  if (settings?.dataSharingConsent === true) flags |= CONSENTS;
  if (retired !== undefined && retired.until > at) flags |= retired.userKey === null ? ERASED : MERGED;
  return flags;
}
