import type { RankingConfig } from '../config/schema/ranking-schema.js';
import type { CollaborativeMethod } from '../domain/collaborative.js';
import { modelOf, unpackArtifact } from '../learning/collaborative/artifact.js';
import { methodOptions } from '../learning/collaborative/collaborative-run.js';
import { EngagementCollector } from '../learning/collaborative/engagement-collector.js';
import { trainCollaborative } from '../learning/collaborative/training.js';
import { HOUR_MS } from '../lib/time.js';
import type { CollaborativeModel } from '../scoring/v2/collaborative-model.js';
import { floorTo } from './past-trends.js';

interface Engagement {
  readonly atMs: number;
  readonly userKey: string;
  readonly marketId: string;
}

interface PastModel {
  /** It counts the engagements before this instant. */
  readonly beforeMs: number;
  readonly artifact: Uint8Array<ArrayBuffer>;
  readonly model: CollaborativeModel;
}

/**
 * Collaborative models of the past, trained as the gateway trains them: at the start of each interval, from the engagements
 * before it. A model is trained when it is first read.
 */
export class PastCollaborative {
  /** In order of time. */
  readonly #engagements: Engagement[] = [];
  readonly #models = new Map<CollaborativeMethod, PastModel>();

  constructor(private readonly config: RankingConfig['learning']['collaborative']) {}

  add(engagement: Engagement): void {
    this.#engagements.push(engagement);
  }

  /** @returns null without engagements before the interval. */
  modelAt(method: CollaborativeMethod, nowMs: number): CollaborativeModel | null {
    const beforeMs = floorTo(this.config.intervalHours * HOUR_MS, nowMs);
    let past = this.#models.get(method);
    if (past?.beforeMs !== beforeMs) {
      past = this.#train(method, beforeMs, past);
      if (past !== undefined) this.#models.set(method, past);
    }
    return past?.model ?? null;
  }

  #train(
    method: CollaborativeMethod,
    beforeMs: number,
    previous: PastModel | undefined,
  ): PastModel | undefined {
    const collector = new EngagementCollector(this.config);
    let latestMs = -Infinity;
    for (let index = this.#engagements.length - 1; index >= 0 && !collector.isFull; index -= 1) {
      const { atMs, userKey, marketId } = this.#engagements[index] as Engagement;
      if (atMs >= beforeMs) continue;
      latestMs = Math.max(latestMs, atMs);
      collector.add(userKey, marketId);
    }
    // Without a new engagement, the model of the interval before is that of this one.
    if (previous !== undefined && latestMs < previous.beforeMs) return { ...previous, beforeMs };
    const collected = collector.collected();
    const options = methodOptions({ ...this.config, method });
    if (options === null || collected.markets.length === 0) return undefined;
    const { artifact } = trainCollaborative({
      ...{ ...collected, options, candidates: null },
      previous: previous?.artifact ?? null,
    });
    return { beforeMs, artifact, model: modelOf(unpackArtifact(artifact)) };
  }
}
