import { setTimeout as sleep } from 'node:timers/promises';
import { BellwetherError } from '../lib/errors.js';
import { inSlices, type Work } from '../lib/event-loop.js';
import type { Logger } from '../lib/logger.js';
import { SECOND_MS } from '../lib/time.js';
import { completesWithin } from '../lib/timeout.js';
import { RETRY_AFTER_MS } from '../storage/database-errors.js';
import type {
  NumberedChange,
  PrivacyChangeRepository,
} from '../storage/privacy/privacy-change-repository.js';
import { CONSENTS, ERASED, MERGED, OPTED_OUT, UserFlags } from './user-flags.js';
import type { UserRegister } from './user-register.js';

/** Interval of the poll, which finds changes without a message. */
const POLL_MS = SECOND_MS;

/** A replica that has not reached the database for this long does not know the users' choices. */
const CURRENT_MS = 10 * SECOND_MS;

/** A replica that was not seen for this long no longer relies on what it knows: {@link CURRENT_MS} and a margin. */
const LIVE_MS = CURRENT_MS + SECOND_MS;

/** A change that some replica has not applied after this time is reported as not confirmed. */
const CONFIRM_WITHIN_MS = 2 * LIVE_MS;

/** Interval for asking whether the replicas have applied a change; it doubles up to the second value. */
const CONFIRM_POLL_MS = 5;
const CONFIRM_POLL_MAX_MS = 100;

/** A database that does not answer delays closing by at most this for each of two steps. */
const CLOSE_WITHIN_MS = SECOND_MS;

const CHANGES_PER_READ = 1_000;
const USERS_PER_READ = 5_000;

const NOT_CONFIRMED =
  'The change is stored, but some replicas have not confirmed it yet; send the request again after retryAfterMs.';

export interface PrivacySyncDeps {
  readonly register: Pick<UserRegister, 'replace' | 'apply'>;
  readonly changes: Pick<
    PrivacyChangeRepository,
    'follow' | 'last' | 'behind' | 'forgetKeys' | 'removeReplica' | 'optedOut' | 'retired'
  >;
  /** Identifies this process among all that use the database. */
  readonly replicaId: string;
  /**
   * Drops what this process keeps in memory about users, and waits for writes in progress that may contain it. `all`: about
   * every user.
   */
  readonly dropData: (userKeys: readonly string[] | 'all') => Promise<void>;
  /** Wakes the other replicas. Without it, they find a change within {@link POLL_MS}. */
  readonly wakeOthers: () => void;
  readonly pseudonymOf: (userKey: string) => string;
  /** Time in milliseconds for the end of retirements. */
  readonly clock: () => number;
  /** Milliseconds that never go back. */
  readonly elapsed: () => number;
  readonly logger: Logger;
}

/**
 * Keeps the register of this replica current, and confirms changes: a change is confirmed when no replica acts on what was
 * before it.
 *
 * Each replica reads the changes in the order of their commits, every second and after each message. The same statement
 * notes when the replica was seen, and which change it has applied. A change is confirmed when each replica has applied it, or
 * was not seen for {@link LIVE_MS}. A replica that got no answer for {@link CURRENT_MS}, counted from when it asked, treats no
 * user as known. So the two times need no common clock, and a replica that hangs or lost the database cannot act on an
 * outdated choice. When it gets an answer again, it drops its caches and reads the flags of all users.
 */
export class PrivacySync {
  #applied = 0n;
  /** When the last read began whose changes are applied; undefined while this replica lacks changes. */
  #currentAsOf: number | undefined;
  /** Whether the flags of all users were read, and all changes since were followed. */
  #isLoaded = false;
  #running: Promise<void> | undefined;
  #isWoken = false;
  #isFailing = false;
  readonly #closing = new AbortController();
  #pause = new AbortController();
  #loop: Promise<void> = Promise.resolve();

  constructor(private readonly deps: PrivacySyncDeps) {}

  /** Whether every confirmed change has reached this replica. */
  get isCurrent(): boolean {
    return this.#currentAsOf !== undefined && this.deps.elapsed() - this.#currentAsOf <= CURRENT_MS;
  }

  /**
   * Reads the flags of all users, and begins to follow their changes.
   *
   * @throws the error of the database or the connection.
   */
  async start(): Promise<void> {
    await this.catchUp();
    this.#loop = this.#run();
  }

  /** Signals that another replica has stored a change. Returns at once. */
  wake(): void {
    this.#isWoken = true;
    this.#pause.abort();
  }

  /**
   * Applies every change that was committed before the call.
   *
   * @throws the error of the database or the connection.
   */
  async catchUp(): Promise<void> {
    // A read in progress may have begun before the change.
    await this.#running?.catch(() => undefined);
    await this.#read();
  }

  /**
   * Resolves when a change that this replica has stored is confirmed. Then removes the keys of its users from the changes.
   *
   * @throws {BellwetherError} UNAVAILABLE after {@link CONFIRM_WITHIN_MS}.
   */
  async confirm(seq: bigint, userKeys: readonly string[]): Promise<void> {
    const { changes, wakeOthers, elapsed } = this.deps;
    wakeOthers();
    await this.catchUp();
    const untilMs = elapsed() + CONFIRM_WITHIN_MS;
    let waitMs = CONFIRM_POLL_MS;
    while ((await changes.behind(seq, LIVE_MS)) > 0) {
      if (elapsed() > untilMs) throw BellwetherError.unavailable(NOT_CONFIRMED, RETRY_AFTER_MS);
      await sleep(waitMs);
      waitMs = Math.min(2 * waitMs, CONFIRM_POLL_MAX_MS);
    }
    await changes.forgetKeys(userKeys);
  }

  /** Stops following, and no longer counts as a replica. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#pause.abort();
    if (!(await completesWithin(this.#loop, CLOSE_WITHIN_MS))) return;
    this.#currentAsOf = undefined;
    const removed = this.deps.changes.removeReplica(this.deps.replicaId).catch(() => undefined);
    await completesWithin(removed, CLOSE_WITHIN_MS);
  }

  async #run(): Promise<void> {
    const isClosing = (): boolean => this.#closing.signal.aborted;
    while (!isClosing()) {
      this.#pause = new AbortController();
      if (!this.#isWoken) {
        await sleep(POLL_MS, undefined, { signal: this.#pause.signal }).catch(() => undefined);
      }
      this.#isWoken = false;
      if (isClosing()) return;
      try {
        await this.#read();
        if (this.#isFailing) this.deps.logger.info('privacy changes are read again');
        this.#isFailing = false;
      } catch (error) {
        if (!this.#isFailing) {
          this.deps.logger.warn(
            { err: error },
            'failed to read privacy changes; feeds become global until they can be read',
          );
        }
        this.#isFailing = true;
      }
    }
  }

  /** Joins a read in progress. */
  #read(): Promise<void> {
    this.#running ??= this.#readChanges().finally(() => (this.#running = undefined));
    return this.#running;
  }

  async #readChanges(): Promise<void> {
    const { changes, replicaId, elapsed } = this.deps;
    for (;;) {
      const sentAt = elapsed();
      const next = await changes.follow(replicaId, this.#applied, CHANGES_PER_READ);
      // The others may have stopped waiting for this replica, and removed the keys whose data it must drop.
      if (this.#currentAsOf !== undefined && !this.isCurrent) {
        this.#currentAsOf = undefined;
        this.#isLoaded = false;
      }
      if (!this.#isLoaded) {
        await this.#readAll();
        this.#isLoaded = true;
        continue;
      }
      if (next.length > 0) await this.#apply(next);
      if (next.length < CHANGES_PER_READ) this.#currentAsOf = sentAt;
      // Another round notes the last change as applied.
      if (next.length === 0) return;
    }
  }

  async #apply(changes: readonly NumberedChange[]): Promise<void> {
    const { register, dropData } = this.deps;
    for (const { userHash, flags } of changes) register.apply(userHash, flags);
    await dropData(changes.flatMap(({ userKey }) => userKey ?? []));
    this.#applied = changes.at(-1)?.seq ?? this.#applied;
  }

  /**
   * Reads the flags of all users, in pages. Until the changes after `last` are applied too, no user is known, and so nothing is
   * cached.
   */
  async #readAll(): Promise<void> {
    const { register, changes, dropData } = this.deps;
    const last = await changes.last();
    const flags = new UserFlags();
    await this.#readOptedOut(flags);
    await this.#readRetired(flags);
    register.replace(flags);
    await dropData('all');
    this.#applied = last;
  }

  async #readOptedOut(flags: UserFlags): Promise<void> {
    const { changes, pseudonymOf } = this.deps;
    let page: Awaited<ReturnType<typeof changes.optedOut>>;
    let after = '';
    do {
      page = await changes.optedOut(after, USERS_PER_READ);
      const users = page;
      await inSlices(
        (function* (): Work<void> {
          for (const { userKey, dataSharingConsent } of users) {
            flags.set(pseudonymOf(userKey), OPTED_OUT | (dataSharingConsent ? CONSENTS : 0));
            yield;
          }
        })(),
      );
      after = page.at(-1)?.userKey ?? after;
    } while (page.length === USERS_PER_READ);
  }

  async #readRetired(flags: UserFlags): Promise<void> {
    const { changes, clock } = this.deps;
    const at = new Date(clock());
    let page: Awaited<ReturnType<typeof changes.retired>>;
    let after = '';
    do {
      page = await changes.retired(after, at, USERS_PER_READ);
      for (const { userHash, userKey } of page) flags.set(userHash, userKey === null ? ERASED : MERGED);
      after = page.at(-1)?.userHash ?? after;
    } while (page.length === USERS_PER_READ);
  }
}
