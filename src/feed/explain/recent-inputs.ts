import type { RankingInputs } from '../ranking-inputs.js';

/** Feeds whose inputs are kept, each with a profile of up to 0.5 MB, and catalog snapshots that they may reference. */
const MAX_FEEDS = 100;
const MAX_SNAPSHOTS = 8;

interface Generation {
  readonly snapshot: RankingInputs['snapshot'];
  readonly inputs: Map<string, RankingInputs>;
}

/**
 * Keeps the inputs of this replica's latest feeds, for exact replays. Inputs are shared and never change. The memory goes
 * to old snapshots that nothing else references, so only a few of them are kept.
 */
export class RecentInputs {
  #generations: Generation[] = [];
  #size = 0;

  add(feedId: string, inputs: RankingInputs): void {
    let latest = this.#generations.at(-1);
    if (latest?.snapshot !== inputs.snapshot) {
      latest = { snapshot: inputs.snapshot, inputs: new Map() };
      this.#generations.push(latest);
    }
    // The same feed, served again within a clock step.
    if (latest.inputs.has(feedId)) return;
    latest.inputs.set(feedId, inputs);
    this.#size += 1;
    while (this.#generations.length > MAX_SNAPSHOTS)
      this.#size -= this.#generations.shift()?.inputs.size ?? 0;
    if (this.#size > MAX_FEEDS) this.#dropOldest();
  }

  find(feedId: string): RankingInputs | undefined {
    for (const { inputs } of this.#generations) {
      const found = inputs.get(feedId);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Drops the inputs of users; `all`: of all users. */
  drop(userKeys: readonly string[] | 'all'): void {
    for (const { inputs } of this.#generations) {
      for (const [feedId, { userKey }] of inputs) {
        if (userKey === null || (userKeys !== 'all' && !userKeys.includes(userKey))) continue;
        inputs.delete(feedId);
        this.#size -= 1;
      }
    }
    this.#generations = this.#generations.filter(({ inputs }) => inputs.size > 0);
  }

  #dropOldest(): void {
    const [oldest] = this.#generations;
    const feedId = oldest?.inputs.keys().next().value;
    if (oldest === undefined || feedId === undefined) return;
    oldest.inputs.delete(feedId);
    this.#size -= 1;
    if (oldest.inputs.size === 0) this.#generations.shift();
  }
}
