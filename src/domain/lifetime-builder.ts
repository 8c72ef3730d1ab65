import { topicKey } from './market.js';
import {
  MAX_LIFETIME_TOPICS,
  topicId,
  type LifetimeState,
  type LifetimeTopic,
  type ProfileEvent,
  type StakeState,
  type TopicId,
  type TopicKind,
} from './profile.js';

const MAX_STAKES = 200;
const MAX_STAKES_PER_CATEGORY = 20;

/** A mutable copy of a profile's lifetime sums. */
export class LifetimeBuilder {
  readonly #topics: Map<TopicId, LifetimeTopic>;
  #stakes: readonly StakeState[];

  constructor(
    { topics, stakes }: LifetimeState,
    /** Share of an event's weight that is added to each tag of its market, 0–1. */
    private readonly tagFactor: number,
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
      changed.push(this.#addToTopic('TAG', tag, weight * this.tagFactor, null));
    }
    while (this.#topics.size > MAX_LIFETIME_TOPICS && this.#removeWeakestTopic(changed));
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
   * Removes the topic with the fewest absolute points; of equal topics, the first. Topics that the event changed stay,
   * since a new topic starts with few points.
   *
   * @returns false if there is no other topic.
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
      .filter((other) => other.category !== category || ++ofCategory <= MAX_STAKES_PER_CATEGORY)
      .slice(0, MAX_STAKES);
  }
}
