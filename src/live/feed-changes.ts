import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../lib/clock.js';
import type { Logger } from '../lib/logger.js';
import { UnreadableProfile, type ProfileService, type ProfileState } from '../profiles/profile-service.js';
import { PacedStream } from './paced-stream.js';
import { wakeInTurns } from './wake-in-turns.js';

/** `PROFILE`: the person did something. `CONFIG`: the ranking config changed, and perhaps the person did, too. */
export type FeedChangeReason = 'PROFILE' | 'CONFIG';

/** Asking for a person's feed again now gives another one. */
export interface FeedChanged {
  readonly userKey: string;
  readonly reason: FeedChangeReason;
  readonly at: Date;
}

/** What of a profile makes another feed of it. Not impressions: who asks again for each would ask without end. */
type Deeds = Pick<ProfileState, 'version' | 'totalInteractions' | 'hidden'>;

/** A person whose feed somebody follows. */
interface Person {
  /** As last seen; undefined until first read. */
  deeds: Deeds | undefined;
  /** Read because of a change during the first read. */
  readMeanwhile?: ProfileState | undefined;
  readonly followers: Set<Follower>;
}

interface Follower {
  untold: FeedChangeReason | undefined;
  readonly stream: PacedStream<FeedChanged>;
}

const MAX_BATCH = 500;
const RETRY_MS = 1_000;

/**
 * Notifies the subscribers of a user's feed when it has become another. After each change of a profile that has
 * subscribers, here or on another replica, the profile is read again, which mostly costs no query.
 */
export class FeedChanges {
  readonly #people = new Map<string, Person>();
  /** People who may have changed elsewhere. */
  readonly #unread = new Set<string>();
  readonly #closing = new AbortController();
  #reading: Promise<void> | undefined;

  constructor(
    private readonly deps: {
      readonly profiles: Pick<ProfileService, 'load'>;
      readonly clock: Clock;
      readonly logger: Logger;
      readonly pauseMs: number;
    },
  ) {}

  /** How many people are followed. */
  get followedPeople(): number {
    return this.#people.size;
  }

  /**
   * Follows a person's feed. What counts are changes after the profile was first read, which is before this resolves.
   *
   * @throws {BellwetherError} UNAVAILABLE when the profile is not in memory and the database is not there.
   */
  async follow(userKey: string): Promise<PacedStream<FeedChanged>> {
    const person = this.#people.get(userKey) ?? { deeds: undefined, followers: new Set() };
    this.#people.set(userKey, person);
    const follower: Follower = {
      untold: undefined,
      stream: new PacedStream({
        take: () => this.#take(userKey, follower),
        pauseMs: this.deps.pauseMs,
        onEnd: () => {
          person.followers.delete(follower);
          if (person.followers.size === 0) this.#people.delete(userKey);
        },
      }),
    };
    person.followers.add(follower);
    try {
      if (person.deeds === undefined) this.#learn(person, await this.deps.profiles.load([userKey]));
    } catch (error) {
      await follower.stream.return();
      throw error;
    }
    return follower.stream;
  }

  /** Reads these profiles again if they have subscribers: they may have changed. */
  invalidated(userKeys: readonly string[]): void {
    for (const userKey of userKeys) if (this.#people.has(userKey)) this.#unread.add(userKey);
    this.#readAgain();
  }

  /** Anybody may have changed elsewhere. */
  everyoneInvalidated(): void {
    for (const userKey of this.#people.keys()) this.#unread.add(userKey);
    this.#readAgain();
  }

  /** Every feed may be another one under the new ranking config. */
  configChanged(): void {
    tell(
      [...this.#people.values()].flatMap(({ followers }) => [...followers]),
      'CONFIG',
    );
  }

  /** Reads no more. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#reading;
  }

  #learn(person: Person, [state]: readonly ProfileState[]): void {
    if (state === undefined || person.deeds !== undefined) return;
    const { readMeanwhile } = person;
    person.deeds = deedsOf(state);
    person.readMeanwhile = undefined;
    if (readMeanwhile !== undefined) this.#compare(person, person.deeds, readMeanwhile);
  }

  #compare(person: Person, before: Deeds, state: ProfileState): void {
    if (state.version <= before.version) return;
    person.deeds = deedsOf(state);
    if (!isSame(before, state)) tell(person.followers, 'PROFILE');
  }

  #readAgain(): void {
    if (this.#unread.size > 0 && !this.#closing.signal.aborted) this.#reading ??= this.#readUnread();
  }

  async #readUnread(): Promise<void> {
    const { signal } = this.#closing;
    while (this.#unread.size > 0 && !signal.aborted) {
      const batch = [...this.#unread].slice(0, MAX_BATCH);
      for (const userKey of batch) this.#unread.delete(userKey);
      const followed = batch.filter((userKey) => this.#people.has(userKey));
      try {
        for (const state of await this.#load(followed)) {
          const person = this.#people.get(state.userKey);
          if (person === undefined) continue;
          if (person.deeds === undefined) person.readMeanwhile = state;
          else this.#compare(person, person.deeds, state);
        }
      } catch (error) {
        this.deps.logger.warn(
          { err: error },
          'profiles that changed elsewhere could not be read for those who follow them',
        );
        for (const userKey of followed) this.#unread.add(userKey);
        await sleep(RETRY_MS, undefined, { signal, ref: false }).catch(() => undefined);
      }
    }
    // In the same turn as the last look at the list, so that nobody can be added to it in between.
    this.#reading = undefined;
  }

  /** Profiles that can be decoded; a later read of the others gives nothing else. */
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

  #take(userKey: string, follower: Follower): FeedChanged | undefined {
    const { untold: reason } = follower;
    follower.untold = undefined;
    return reason === undefined ? undefined : { userKey, reason, at: new Date(this.deps.clock()) };
  }
}

function tell(followers: Iterable<Follower>, reason: FeedChangeReason): void {
  const streams: Follower['stream'][] = [];
  for (const follower of followers) {
    if (follower.untold !== 'CONFIG') follower.untold = reason;
    streams.push(follower.stream);
  }
  wakeInTurns(streams);
}

function deedsOf({ version, totalInteractions, hidden }: ProfileState): Deeds {
  return { version, totalInteractions, hidden };
}

function isSame(one: Deeds, other: Deeds): boolean {
  return (
    one.totalInteractions === other.totalInteractions &&
    one.hidden.size === other.hidden.size &&
    [...one.hidden.keys()].every((marketId) => other.hidden.has(marketId))
  );
}
