import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../lib/clock.js';
import type { Logger } from '../lib/logger.js';
import type { ProfileService } from '../profiles/profile-service.js';
import { notifyInTurns, ThrottledStream } from './throttled-stream.js';
import { UnreadableProfile, type ProfileState } from '../domain/profile.js';

/** `PROFILE`: new events of the user. `CONFIG`: a new ranking config, and possibly also new events. */
export type FeedChangeReason = 'PROFILE' | 'CONFIG';

/** A new request for the user's feed can return a different feed. */
export interface FeedChanged {
  readonly userKey: string;
  readonly reason: FeedChangeReason;
  readonly at: Date;
}

/**
 * The part of a profile whose changes notify subscribers. Impressions are not part of it: a client that requests the
 * feed after each notification and reports its impressions would never stop.
 */
type NotifyingState = Pick<ProfileState, 'version' | 'totalInteractions' | 'hidden'>;

/** A user whose feed has subscribers. */
interface SubscribedUser {
  /** Last known state; undefined until the first read. */
  state: NotifyingState | undefined;
  /** Profile read because of an invalidation during the first read. */
  readDuringFirst?: ProfileState | undefined;
  readonly subscribers: Set<Subscriber>;
}

interface Subscriber {
  pending: FeedChangeReason | undefined;
  readonly stream: ThrottledStream<FeedChanged>;
}

/** Profiles of one read. */
const MAX_BATCH = 500;

/** Pause after a failed read. */
const RETRY_MS = 1_000;

/**
 * Notifies subscribers when the feed of a user changes. Each invalidation of a subscribed profile, by this replica or
 * another one, reads the profile again, usually from the cache.
 */
export class FeedSubscriptions {
  readonly #users = new Map<string, SubscribedUser>();
  /** Keys of users whose profile is invalidated and not read again yet. */
  readonly #invalidated = new Set<string>();
  readonly #closing = new AbortController();
  #reading: Promise<void> | undefined;

  constructor(
    private readonly deps: {
      readonly profiles: Pick<ProfileService, 'load'>;
      readonly clock: Clock;
      readonly logger: Logger;
      /** Minimum time between two messages of one subscription. */
      readonly intervalMs: number;
    },
  ) {}

  /** Number of users with subscribers. */
  get userCount(): number {
    return this.#users.size;
  }

  /**
   * Subscribes to changes of a user's feed after the first read of the profile, which ends before this resolves.
   *
   * @throws {BellwetherError} UNAVAILABLE if the profile is not cached and the database cannot be read.
   */
  async subscribe(userKey: string): Promise<ThrottledStream<FeedChanged>> {
    const user = this.#users.get(userKey) ?? { state: undefined, subscribers: new Set() };
    this.#users.set(userKey, user);
    const subscriber: Subscriber = {
      pending: undefined,
      stream: new ThrottledStream({
        takePending: () => this.#takePending(userKey, subscriber),
        intervalMs: this.deps.intervalMs,
        onEnd: () => {
          user.subscribers.delete(subscriber);
          if (user.subscribers.size === 0) this.#users.delete(userKey);
        },
      }),
    };
    user.subscribers.add(subscriber);
    try {
      if (user.state === undefined) this.#setFirstState(user, await this.deps.profiles.load([userKey]));
    } catch (error) {
      await subscriber.stream.return();
      throw error;
    }
    return subscriber.stream;
  }

  /** Reads these profiles again if they have subscribers, because they may have changed. */
  profilesInvalidated(userKeys: readonly string[]): void {
    for (const userKey of userKeys) if (this.#users.has(userKey)) this.#invalidated.add(userKey);
    this.#startReading();
  }

  /** Reads all subscribed profiles again, because any of them may have changed. */
  allProfilesInvalidated(): void {
    for (const userKey of this.#users.keys()) this.#invalidated.add(userKey);
    this.#startReading();
  }

  /** Notifies all subscribers, because a new ranking config can change every feed. */
  configChanged(): void {
    notify(
      [...this.#users.values()].flatMap(({ subscribers }) => [...subscribers]),
      'CONFIG',
    );
  }

  /** Stops reading, and waits for the current read. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#reading;
  }

  #setFirstState(user: SubscribedUser, [profile]: readonly ProfileState[]): void {
    if (profile === undefined || user.state !== undefined) return;
    const { readDuringFirst } = user;
    user.state = notifyingState(profile);
    user.readDuringFirst = undefined;
    if (readDuringFirst !== undefined) this.#update(user, user.state, readDuringFirst);
  }

  #update(user: SubscribedUser, before: NotifyingState, profile: ProfileState): void {
    if (profile.version <= before.version) return;
    user.state = notifyingState(profile);
    if (!isSame(before, profile)) notify(user.subscribers, 'PROFILE');
  }

  #startReading(): void {
    if (this.#invalidated.size > 0 && !this.#closing.signal.aborted)
      this.#reading ??= this.#readInvalidated();
  }

  async #readInvalidated(): Promise<void> {
    const { signal } = this.#closing;
    while (this.#invalidated.size > 0 && !signal.aborted) {
      const batch = [...this.#invalidated].slice(0, MAX_BATCH);
      for (const userKey of batch) this.#invalidated.delete(userKey);
      const subscribed = batch.filter((userKey) => this.#users.has(userKey));
      try {
        for (const profile of await this.#load(subscribed)) {
          const user = this.#users.get(profile.userKey);
          if (user === undefined) continue;
          if (user.state === undefined) user.readDuringFirst = profile;
          else this.#update(user, user.state, profile);
        }
      } catch (error) {
        this.deps.logger.warn(
          { err: error, users: subscribed.length, retryMs: RETRY_MS },
          'failed to read changed profiles for feed subscriptions, retrying',
        );
        for (const userKey of subscribed) this.#invalidated.add(userKey);
        await sleep(RETRY_MS, undefined, { signal, ref: false }).catch(() => undefined);
      }
    }
    // No await since the last check of the set, so no key can have been added in between.
    this.#reading = undefined;
  }

  /** Loads the profiles that can be decoded; retrying the others would fail again. */
  async #load(userKeys: readonly string[]): Promise<readonly ProfileState[]> {
    try {
      return await this.deps.profiles.load(userKeys);
    } catch (error) {
      if (!(error instanceof UnreadableProfile)) throw error;
      if (userKeys.length > 1) return (await Promise.all(userKeys.map((key) => this.#load([key])))).flat();
      this.deps.logger.warn(
        { err: error },
        'failed to decode a changed profile; its subscribers are not notified',
      );
      return [];
    }
  }

  #takePending(userKey: string, subscriber: Subscriber): FeedChanged | undefined {
    const { pending: reason } = subscriber;
    subscriber.pending = undefined;
    return reason === undefined ? undefined : { userKey, reason, at: new Date(this.deps.clock()) };
  }
}

function notify(subscribers: Iterable<Subscriber>, reason: FeedChangeReason): void {
  const streams: Subscriber['stream'][] = [];
  for (const subscriber of subscribers) {
    if (subscriber.pending !== 'CONFIG') subscriber.pending = reason;
    streams.push(subscriber.stream);
  }
  notifyInTurns(streams);
}

function notifyingState({ version, totalInteractions, hidden }: ProfileState): NotifyingState {
  return { version, totalInteractions, hidden };
}

function isSame(one: NotifyingState, other: NotifyingState): boolean {
  return (
    one.totalInteractions === other.totalInteractions &&
    one.hidden.size === other.hidden.size &&
    [...one.hidden.keys()].every((marketId) => other.hidden.has(marketId))
  );
}
