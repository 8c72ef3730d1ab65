import { setTimeout as sleep } from 'node:timers/promises';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { expect, vi } from 'vitest';
import { graphql } from './graphql.js';
import type { Deployment } from './deployment.js';
import { readStoredState } from './stored-state.js';
import { Writer } from './writer.js';

const USERS = 20;
const RECOVERY_MS = 30_000;

/** One injected failure under load, and the invariants after recovery. Each round has its own users and events. */
export class Round {
  readonly rng: RandomGenerator;
  readonly writer: Writer;
  readonly #deployment: Deployment;
  readonly #userKeys: readonly string[];

  constructor(deployment: Deployment, seed: number) {
    this.rng = xoroshiro128plus(seed);
    this.#deployment = deployment;
    this.#userKeys = Array.from({ length: USERS }, (_, index) => `round-${seed}-user-${index}`);
    this.writer = new Writer({
      url: () => deployment.url,
      userKeys: this.#userKeys,
      name: `round-${seed}`,
      rng: this.rng,
    });
  }

  /** Resolves at a random moment while events are being stored. */
  async awaitRandomMoment(): Promise<void> {
    await this.awaitAcknowledged(uniformInt(this.rng, 50, 600));
    // Any moment within a transaction must be possible.
    await sleep(uniformInt(this.rng, 0, 40));
  }

  /** Resolves when this many more events are acknowledged, which shows that the gateway records events again. */
  async awaitAcknowledged(more: number): Promise<void> {
    const enough = this.writer.acknowledged.size + more;
    await vi.waitFor(() => expect(this.writer.acknowledged.size).toBeGreaterThanOrEqual(enough), {
      timeout: RECOVERY_MS,
      interval: 5,
    });
  }

  /**
   * Ends the load, and compares the acknowledged events with the stored ones.
   *
   * @returns a summary line.
   */
  async settle(): Promise<string> {
    const { writer } = this;
    await writer.finish(RECOVERY_MS);
    const served = await this.#servedTotals();
    const stored = await readStoredState(this.#deployment.dataDir, this.#userKeys);
    expect(writer.faults.slice(0, 5)).toEqual([]);
    expect(stored.duplicated).toEqual([]);
    // Every event was retried until acknowledged, so both must agree on every event.
    expect(sorted(stored.interactions)).toEqual(sorted(writer.acknowledged));
    expect(writer.acknowledged.size).toBe(writer.sent.size);
    expect(stored.profiles).toEqual(stored.rebuilt);
    expect(served).toEqual(stored.profiles.map(({ totalInteractions }) => totalInteractions));
    const { acknowledged, unavailable, unreachable, slowestMs } = writer;
    return (
      `${acknowledged.size} events; ${unavailable} requests UNAVAILABLE, ${unreachable} unreachable; ` +
      `slowest response ${Math.round(slowestMs)} ms`
    );
  }

  /** The totals that the gateway returns, ordered by user key. */
  #servedTotals(): Promise<number[]> {
    const query = 'query ($userKey: String!) { userProfile(userKey: $userKey) { totalInteractions } }';
    return Promise.all(
      this.#userKeys.toSorted().map(async (userKey) => {
        const { data } = await graphql(this.#deployment.url, query, { userKey });
        return (data?.['userProfile'] as { totalInteractions: number }).totalInteractions;
      }),
    );
  }
}

function sorted(entries: ReadonlyMap<string, string>): (readonly [string, string])[] {
  return [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
}
