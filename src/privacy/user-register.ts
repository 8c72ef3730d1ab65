import { LRUCache } from 'lru-cache';
import { BellwetherError } from '../lib/errors.js';
import { isUnavailable, RETRY_AFTER_MS } from '../storage/database-errors.js';
import type { RetiredUser } from '../storage/privacy/retired-user-repository.js';
import { CONSENTS, ERASED, MERGED, OPTED_OUT, RELEASED, UserFlags } from './user-flags.js';

/**
 * What a merged key stands for: the user that it was merged into (`FOLLOW`), or itself, without data (`IGNORE`). Who sends the old
 * key may not be that user, so IGNORE is the default of every read.
 */
export type AliasUse = 'FOLLOW' | 'IGNORE';

/** How the gateway may treat a user whose choices this replica knows. */
export interface KnownTreatment {
  /** Only an active user is treated as one; the others like anonymous users. MERGED: an ignored alias. */
  readonly kind: 'ACTIVE' | 'OPTED_OUT' | 'ERASED' | 'MERGED';
  /** The user that the data belongs to: the named one, or the one that it was merged into. */
  readonly userKey: string;
  /** Whether events of a user who opted out count in trends, without the key. */
  readonly consents: boolean;
}

/** UNKNOWN: like an anonymous user, since a choice of the user may not have reached this replica. Events must wait. */
export type Treatment = KnownTreatment | { readonly kind: 'UNKNOWN' };

/** Aliases in memory. For one beyond it, a request reads the alias again. */
const MAX_ALIASES = 10_000;

const NOT_KNOWN =
  'The privacy settings of the users cannot be read now; send the request again after retryAfterMs.';

/**
 * Knows on this replica which users opted out, were erased, or were merged into others. `PrivacySync` keeps it current, and
 * says when it is not.
 */
export class UserRegister {
  #flags = new UserFlags();
  readonly #aliases = new LRUCache<string, string>({ max: MAX_ALIASES });
  /** Number of changes so far: an alias that was read during a change is not cached. */
  #changes = 0;

  constructor(
    private readonly deps: {
      readonly pseudonymOf: (userKey: string) => string;
      readonly findRetired: (userHash: string) => Promise<RetiredUser | undefined>;
      /** Whether every confirmed change has reached this replica. */
      readonly isCurrent: () => boolean;
    },
  ) {}

  /** Returns how to treat a user now. UNKNOWN also if an alias cannot be read. */
  async treatmentOf(userKey: string, aliases: AliasUse): Promise<Treatment> {
    if (!this.deps.isCurrent()) return { kind: 'UNKNOWN' };
    const flags = this.#flagsOf(userKey);
    if ((flags & MERGED) === 0 || aliases === 'IGNORE') return treatmentOf(userKey, flags);
    try {
      const into = await this.#mergedInto(userKey);
      return treatmentOf(into, this.#flagsOf(into) & ~MERGED);
    } catch (error) {
      if (isUnavailable(error)) return { kind: 'UNKNOWN' };
      throw error;
    }
  }

  /**
   * Returns the same; UNKNOWN becomes an error.
   *
   * @throws {BellwetherError} UNAVAILABLE.
   */
  async knownTreatmentOf(userKey: string, aliases: AliasUse): Promise<KnownTreatment> {
    const treatment = await this.treatmentOf(userKey, aliases);
    if (treatment.kind === 'UNKNOWN') throw BellwetherError.unavailable(NOT_KNOWN, RETRY_AFTER_MS);
    return treatment;
  }

  /**
   * Whether data may be read and stored under this key now, without waiting. False for an alias: its data belongs to another
   * user.
   */
  isActive(userKey: string): boolean {
    return this.deps.isCurrent() && (this.#flagsOf(userKey) & (OPTED_OUT | ERASED | MERGED)) === 0;
  }

  /** Replaces the flags of all users. */
  replace(flags: UserFlags): void {
    this.#flags = flags;
    this.#aliases.clear();
    this.#changes += 1;
  }

  /** Sets the flags of one user. {@link RELEASED} clears two of them. */
  apply(userHash: string, flags: number): void {
    const after = flags === RELEASED ? this.#flags.get(userHash) & ~(ERASED | MERGED) : flags;
    this.#flags.set(userHash, after);
    this.#aliases.delete(userHash);
    this.#changes += 1;
  }

  #flagsOf(userKey: string): number {
    return this.#flags.isEmpty ? 0 : this.#flags.get(this.deps.pseudonymOf(userKey));
  }

  async #mergedInto(userKey: string): Promise<string> {
    const userHash = this.deps.pseudonymOf(userKey);
    const cached = this.#aliases.get(userHash);
    if (cached !== undefined) return cached;
    const changes = this.#changes;
    const retired = await this.deps.findRetired(userHash);
    // The alias has ended, and this replica has not applied that yet.
    if (retired?.userKey == null) return userKey;
    if (this.#changes === changes) this.#aliases.set(userHash, retired.userKey);
    return retired.userKey;
  }
}

function treatmentOf(userKey: string, flags: number): KnownTreatment {
  return { kind: kindOf(flags), userKey, consents: (flags & CONSENTS) !== 0 };
}

function kindOf(flags: number): KnownTreatment['kind'] {
  if ((flags & ERASED) !== 0) return 'ERASED';
  if ((flags & MERGED) !== 0) return 'MERGED';
  return (flags & OPTED_OUT) !== 0 ? 'OPTED_OUT' : 'ACTIVE';
}
