import { topicKey } from '../domain/market.js';
import {
  LIFETIME_TOPICS_KEPT,
  topicId,
  type LifetimeState,
  type LifetimeTopic,
  type ProfileEvent,
  type StakeState,
  type TopicId,
  type TopicKind,
} from '../domain/profile.js';
import type { ProfileMemory } from './profile-memory.js';

const STAKES_KEPT = 200;
const STAKES_KEPT_A_CATEGORY = 20;

/** A copy of a user's lifetime sums that events change in place. */
export class LifetimeDraft {
  readonly #topics: Map<TopicId, LifetimeTopic>;
  #stakes: readonly StakeState[];

  constructor(
    { topics, stakes }: LifetimeState,
    private readonly memory: Pick<ProfileMemory, 'tagFactor'>,
  ) {
    this.#topics = new Map(topics);
    this.#stakes = stakes;
  }

  state(): LifetimeState {
    return { topics: this.#topics, stakes: this.#stakes };
  }

  add(event: ProfileEvent): void {
    const { weight, dwellMs, market, stake } = event;
    if (stake !== null) this.#addStake(event, stake);
    if (weight === 0 && dwellMs === null) return;
    const changed = [this.#addToTopic('CATEGORY', market.category, weight, dwellMs)];
    for (const tag of market.tags) {
      changed.push(this.#addToTopic('TAG', tag, weight * this.memory.tagFactor, null));
    }
    while (this.#topics.size > LIFETIME_TOPICS_KEPT && this.#removeWeakestTopic(changed));
  }

  #addToTopic(kind: TopicKind, label: string, points: number, dwellMs: number | null): TopicId {
    const key = topicKey(label);
    const id = topicId(kind, key);
    const before = this.#topics.get(id) ?? { kind, key, label, points: 0, dwellMsTotal: 0, dwellEvents: 0 };
    this.#topics.set(id, {
      ...before,
      points: before.points + points,
      dwellMsTotal: before.dwellMsTotal + (dwellMs ?? 0),
      dwellEvents: before.dwellEvents + (dwellMs === null ? 0 : 1),
    });
    return id;
  }

  /**
   * Removes the topic of the fewest points, other than those that the event changed: a new topic starts with few. Of
   * equal ones, the first.
   *
   * @returns false when there is no other.
   */
  #removeWeakestTopic(changed: readonly TopicId[]): boolean {
    let weakest: TopicId | undefined;
    let least = Infinity;
    for (const [id, { points }] of this.#topics) {
      if (Math.abs(points) >= least || changed.includes(id)) continue;
      weakest = id;
      least = Math.abs(points);
    }
    return weakest !== undefined && this.#topics.delete(weakest);
  }

  #addStake({ occurredAtMs, market }: ProfileEvent, stake: number): void {
    const category = topicKey(market.category);
    let ofCategory = 0;
    this.#stakes = [{ category, stake, atMs: occurredAtMs }, ...this.#stakes]
      .sort((a, b) => b.atMs - a.atMs)
      .filter((other) => other.category !== category || ++ofCategory <= STAKES_KEPT_A_CATEGORY)
      .slice(0, STAKES_KEPT);
  }
}
