import type { Catalog } from '../../catalog/catalog.js';
import type { RankingConfig } from '../../config/schema/ranking-schema.js';
import { MINUTE_MS, SECOND_MS } from '../../lib/time.js';
import type { StoredCollaborativeModel } from '../../storage/models/collaborative-repository.js';
import type { Store } from '../../storage/store.js';
import { EngagementCollector } from './engagement-collector.js';
import type { TrainInWorker } from './train-in-worker.js';
import type { MethodOptions } from './training.js';

type CollaborativeConfig = RankingConfig['learning']['collaborative'];

/** Engagements per read. */
const BATCH = 10_000;

/** Transactions that may still commit an event with a lower `seq` take less. */
const SETTLED_AFTER_MS = 30 * SECOND_MS;

/** Of the first factors of ALS. */
const SEED = 1;

export interface TrainingSummary {
  readonly users: number;
  readonly markets: number;
  /** Distinct pairs of a user and a market. */
  readonly pairs: number;
  /** Iterations of ALS; 0 for a graph filter. */
  readonly iterations: number;
  /** The published version; null if another process was publishing. */
  readonly version: number | null;
}

/** Trains a collaborative model from the stored engagements, the most recent within the limits, and publishes it. */
export class CollaborativeRun {
  constructor(
    private readonly deps: {
      readonly store: Pick<Store, 'learningEvents' | 'collaborative' | 'transaction'>;
      readonly catalog: Pick<Catalog, 'snapshot' | 'loadedAtMs' | 'refresh'>;
      readonly config: () => RankingConfig;
      readonly train: TrainInWorker;
    },
  ) {}

  /** @returns null if there is nothing to train: the method is off, or there are no engagements. */
  async run({ now, signal }: { now: Date; signal: AbortSignal }): Promise<TrainingSummary | null> {
    const { store, catalog, train } = this.deps;
    const config = this.deps.config().learning.collaborative;
    const options = methodOptions(config);
    if (options === null) return null;
    if (catalog.loadedAtMs === null) await catalog.refresh();
    const collector = new EngagementCollector(config);
    const seq = await this.#collect(collector, now, signal);
    if (seq === null) return null;
    const { users, items, userCount, markets } = collector.collected();
    const { byId } = catalog.snapshot;
    const { artifact, pairs, losses } = await train(
      {
        ...{ users, items, userCount, markets, options },
        candidates: Uint8Array.from(markets, (id) => (byId.has(id) ? 1 : 0)),
        previous: options.method === 'als' ? await this.#previous() : null,
      },
      { signal, timeLimitMs: config.timeLimitMinutes * MINUTE_MS },
    );
    signal.throwIfAborted();
    const { method } = options;
    const version = await store.transaction(async ({ collaborative }) =>
      (await collaborative.tryLock())
        ? collaborative.publish({ method, publishedAt: now, seq, content: artifact })
        : null,
    );
    return { users: userCount, markets: markets.length, pairs, iterations: losses.length, version };
  }

  /** Reads engagements, latest first. @returns the highest `seq`; null without any. */
  async #collect(collector: EngagementCollector, now: Date, signal: AbortSignal): Promise<bigint | null> {
    const settledBefore = new Date(now.getTime() - SETTLED_AFTER_MS);
    let highest: bigint | null = null;
    let before: bigint | null = null;
    while (!collector.isFull) {
      signal.throwIfAborted();
      const batch: Awaited<ReturnType<Store['learningEvents']['engagementsBefore']>> =
        await this.deps.store.learningEvents.engagementsBefore(before, settledBefore, BATCH);
      for (const { userKey, marketId } of batch) collector.add(userKey, marketId);
      highest ??= batch[0]?.seq ?? null;
      before = batch.at(-1)?.seq ?? before;
      if (batch.length < BATCH) break;
    }
    return highest;
  }

  async #previous(): Promise<Uint8Array<ArrayBuffer> | null> {
    const { collaborative } = this.deps.store;
    const latest: StoredCollaborativeModel | null = await collaborative.latest('als');
    return latest === null ? null : collaborative.content(latest);
  }
}

/** The options of a training; null if the method is off. */
export function methodOptions({ method, als, graph }: CollaborativeConfig): MethodOptions | null {
  switch (method) {
    case 'als':
      return { method, als: { ...als, seed: SEED } };
    case 'graph':
      return { method, graph };
    case 'off':
      return null;
  }
}
