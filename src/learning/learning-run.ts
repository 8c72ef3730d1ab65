import type { Catalog } from '../catalog/catalog.js';
import type { RankingConfig } from '../config/schema/ranking-schema.js';
import { NEGATIVE_TYPES } from '../domain/event.js';
import type { FullProfile } from '../domain/profile.js';
import type { Market } from '../domain/market.js';
import { takeTurn } from '../lib/event-loop.js';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../lib/time.js';
import type { LearningEvent } from '../storage/events/learning-event-repository.js';
import type { Store } from '../storage/store.js';
import type { TrendState } from '../trends/trend-state.js';
import type { CollaborativeModel } from '../scoring/v2/collaborative-model.js';
import { ChoiceInputs } from './choice-inputs.js';
import type { CollaborativeVersions } from './collaborative/collaborative-versions.js';
import { packEvidence, unpackEvidence } from './exploration-codec.js';
import { ExplorationRun, type ExploredPage, type ExplorationSummary } from './exploration-run.js';
import { withoutLinear } from './exploration-statistics.js';
import { Learner, rejectionOf } from './learner.js';
import { LiveSignals, signalMarket } from './live-signals.js';
import { packSignals, unpackSignals } from './signals-codec.js';
import { fromStoredState, initialState, toStoredState } from './stored-state.js';

/** Engagements per read. */
const BATCH = 2_000;

/**
 * Events that one run reads, the latest ones. Earlier ones are not counted: those of a large site before its first run, or
 * after a long pause.
 */
const MAX_EVENTS = 500_000;

/** Steps per run. Each reads the history of a user, so busy sites learn from a part of the choices, evenly distributed. */
const MAX_STEPS = 2_000;

/** Steps per batch, however few batches a run has. */
const MAX_STEPS_OF_BATCH = 200;

/** Events that are counted between two points at which requests are served. */
const EVENTS_PER_TURN = 64;

/** Transactions that may still commit an event with a lower `seq` take less. */
const SETTLED_AFTER_MS = 30 * SECOND_MS;

/** Older choices are counted, but not learned from: the catalog of that time is no longer known. */
const LEARN_WITHIN_MS = HOUR_MS;

/** Time after which a run publishes what it has; the next run continues. */
const RUN_WITHIN_MS = 5 * MINUTE_MS;

export interface LearningSummary {
  readonly engagements: number;
  readonly steps: number;
  /** Explored impressions; 0 under the policy `weighted`. */
  readonly explored: number;
  /** The published version; null if there was nothing new, or if another process published. */
  readonly version: number | null;
}

/** Counts new engagements, learns from the choices among them, and publishes the result as a version of the model. */
export class LearningRun {
  constructor(
    private readonly deps: {
      readonly store: Pick<Store, 'models' | 'learningEvents' | 'profiles' | 'servedFeeds' | 'transaction'>;
      readonly catalog: Pick<Catalog, 'snapshot' | 'pastMarket' | 'findByIds' | 'loadedAtMs' | 'refresh'>;
      readonly trends: () => TrendState;
      readonly collaborative: Pick<CollaborativeVersions, 'latestBefore'>;
      readonly config: () => RankingConfig;
      readonly modelsEnabled: boolean;
      readonly maxEvents?: number;
      /** Decodes a served page; null if it is in an unknown format. */
      readonly readPage: (page: Uint8Array, servedAt: Date) => ExploredPage | null;
    },
  ) {}

  async run({ now, signal }: { now: Date; signal: AbortSignal }): Promise<LearningSummary> {
    const { store, catalog } = this.deps;
    const config = this.deps.config();
    if (catalog.loadedAtMs === null) await catalog.refresh();
    const before = await store.models.latest();
    const counted = before?.signals == null ? null : await unpackSignals(before.signals);
    const state = before === null ? undefined : fromStoredState(before.state, config.v2.weights);
    const learner = new Learner(config.v2.weights, state);
    const signals = counted ?? new LiveSignals();
    // Without readable signals, everything that is stored is counted again.
    const after = counted === null ? 0n : (before?.seq ?? 0n);
    const last = await store.learningEvents.lastSeq();
    const earliest = last - BigInt(this.deps.maxEvents ?? MAX_EVENTS);
    let seq = after > earliest ? after : earliest;
    const batches = Math.ceil(Number(last - seq) / BATCH);
    const settledBefore = new Date(now.getTime() - SETTLED_AFTER_MS);
    const stepsPerBatch = Math.min(MAX_STEPS_OF_BATCH, Math.ceil(MAX_STEPS / batches));
    const rejections = NEGATIVE_TYPES.filter((type) => config.learning.negatives[type] > 0);
    const steps = new LearningSteps({ ...this.deps, config, learner, signals, stepsPerBatch, now });
    const startedMs = performance.now();
    let events = 0;
    let engagements = 0;
    while (!signal.aborted && performance.now() - startedMs < RUN_WITHIN_MS) {
      const batch = await store.learningEvents.reactionsAfter(seq, settledBefore, {
        rejections,
        limit: BATCH,
      });
      await steps.take(batch);
      events += batch.length;
      engagements += batch.filter(isEngagement).length;
      seq = batch.at(-1)?.seq ?? seq;
      if (batch.length < BATCH) break;
    }
    signal.throwIfAborted();
    const exploration = await this.#explored(before?.exploration ?? null, config, { now, signal });
    const explored = exploration?.explored ?? 0;
    if (events === 0 && exploration === null) return { engagements, steps: 0, explored, version: null };
    const published = {
      ...{ publishedAt: now, seq, state: toStoredState(learner.state) },
      signals: await packSignals(signals),
      exploration: exploration === null ? copyOf(before?.exploration) : await packEvidence(exploration),
    };
    const version = await store.transaction(async ({ models }) => {
      const isFirst =
        (await models.tryLock()) && (await models.latestVersion()) === (before?.version ?? null);
      return isFirst ? models.publish(published) : null;
    });
    await store.models.prune(now);
    return { engagements, steps: steps.count, explored, version };
  }

  /** Counts explored impressions, if a policy reads them; null if there are none. */
  async #explored(
    before: Uint8Array | null,
    config: RankingConfig,
    run: { readonly now: Date; readonly signal: AbortSignal },
  ): Promise<ExplorationSummary | null> {
    if (config.feed.exploration.policy === 'weighted') return null;
    const stored = before === null ? null : await unpackEvidence(before);
    return new ExplorationRun({ ...this.deps, config }).run(stored, run);
  }

  /** Publishes the default weights, without a linear model of exploration, and the counts as they are. */
  async reset(now: Date): Promise<number | null> {
    const { store, config } = this.deps;
    return store.transaction(async ({ models }) => {
      if (!(await models.tryLock())) return null;
      const before = await models.latest();
      const signals = before?.signals == null ? null : await unpackSignals(before.signals);
      const stored = before?.exploration == null ? null : await unpackEvidence(before.exploration);
      return models.publish({
        ...{
          publishedAt: now,
          seq: before?.seq ?? 0n,
          state: toStoredState(initialState(config().v2.weights)),
        },
        signals: await packSignals(signals ?? new LiveSignals()),
        exploration:
          stored === null
            ? null
            : await packEvidence({ ...stored, evidence: withoutLinear(stored.evidence) }),
      });
    });
  }
}

function copyOf(bytes: Uint8Array | null | undefined): Uint8Array<ArrayBuffer> | null {
  return bytes == null ? null : Uint8Array.from(bytes);
}

/** The steps of one run. */
class LearningSteps {
  count = 0;
  #collaborative: CollaborativeModel | null = null;
  readonly #inputs: ChoiceInputs;
  /** Profiles as folded for a step, from which the next step of the user continues. */
  readonly #folded = new Map<string, { readonly state: FullProfile; readonly seq: bigint }>();

  constructor(
    private readonly deps: {
      readonly store: Pick<Store, 'profiles'>;
      readonly catalog: Pick<Catalog, 'snapshot' | 'pastMarket' | 'findByIds'>;
      readonly trends: () => TrendState;
      readonly collaborative: Pick<CollaborativeVersions, 'latestBefore'>;
      readonly config: RankingConfig;
      readonly modelsEnabled: boolean;
      readonly learner: Learner;
      readonly signals: LiveSignals;
      readonly stepsPerBatch: number;
      readonly now: Date;
    },
  ) {
    this.#inputs = new ChoiceInputs(deps.config);
  }

  /** Learns from some of the choices and rejections of a batch, and counts all of its engagements, in order. */
  async take(batch: readonly LearningEvent[]): Promise<void> {
    const markets = await this.#marketsOf(batch);
    const isLearning = this.deps.modelsEnabled && this.deps.config.learning.mode === 'learn';
    const learnable = isLearning ? batch.filter((event) => this.#isLearnable(event)) : [];
    // Rejections get half of the steps of choices, so that they do not displace these.
    const choices = evenSample(learnable.filter(isEngagement), this.deps.stepsPerBatch);
    const rejections = evenSample(
      learnable.filter((event) => !isEngagement(event)),
      this.deps.stepsPerBatch / 2,
    );
    this.#collaborative =
      learnable.length === 0 ? null : await this.#collaborativeBefore(batch[0]?.seq ?? 0n);
    for (const [index, event] of batch.entries()) {
      if (index % EVENTS_PER_TURN === 0) await takeTurn();
      const market = markets.get(event.marketId);
      if (market === undefined) continue;
      if (choices.has(event) || rejections.has(event)) await this.#step(event);
      if (!isEngagement(event)) continue;
      const atMs = event.occurredAt.getTime();
      const { userKey, country } = event;
      this.deps.signals.add({ atMs, userKey, country, market: signalMarket(market) });
    }
  }

  /** The latest collaborative model without the choices of the batch, which would leak into their features. */
  async #collaborativeBefore(seq: bigint): Promise<CollaborativeModel | null> {
    const { config, collaborative } = this.deps;
    const { method } = config.learning.collaborative;
    return method === 'off' ? null : ((await collaborative.latestBefore(method, seq))?.model ?? null);
  }

  #isLearnable({ marketId, occurredAt }: LearningEvent): boolean {
    const { catalog, now } = this.deps;
    return now.getTime() - occurredAt.getTime() <= LEARN_WITHIN_MS && catalog.snapshot.byId.has(marketId);
  }

  async #step(event: LearningEvent): Promise<void> {
    const { catalog, trends, learner, signals } = this.deps;
    const { userKey, marketId, seq, occurredAt, country, eventType } = event;
    const profile = await this.#profileBefore(userKey, seq);
    const isKnown = (id: string): boolean => profile.engagements.has(id) || profile.hidden.has(id);
    const { columns } = catalog.snapshot;
    const market = columns.rowOf(marketId);
    if (market === undefined || isKnown(marketId)) return;
    const rejection = isEngagement(event)
      ? null
      : rejectionOf(eventType, this.deps.config.learning.negatives);
    if (!isEngagement(event) && rejection === null) return;
    await takeTurn();
    const from = country ?? profile.country;
    this.#inputs.learn(
      learner,
      {
        ...{ columns, profile, past: catalog.pastMarket, country: from },
        signals: { ...signals.view(), collaborative: this.#collaborative },
        trends: trends().columns(columns, from),
        nowMs: occurredAt.getTime(),
      },
      { market, rejection },
      // The low bits of `seq` differ between events.
      { isKnown: (row) => isKnown(columns.ids[row] as string), seed: Number(BigInt.asIntN(32, seq)) },
    );
    this.count += 1;
  }

  /** Returns the profile of a user as of right before an event. */
  async #profileBefore(userKey: string, seq: bigint): Promise<FullProfile> {
    const folded = await this.deps.store.profiles.foldBefore(userKey, seq, this.#folded.get(userKey));
    this.#folded.set(userKey, folded);
    return folded.state;
  }

  async #marketsOf(batch: readonly LearningEvent[]): Promise<ReadonlyMap<string, Market>> {
    const ids = [...new Set(batch.map(({ marketId }) => marketId))];
    const found = await this.deps.catalog.findByIds(ids);
    return new Map(found.flatMap((market) => (market === undefined ? [] : [[market.id, market]])));
  }
}

function isEngagement({ weight }: LearningEvent): boolean {
  return weight > 0;
}

/** At most `limit` of some events, at equal distances. */
function evenSample(events: readonly LearningEvent[], limit: number): ReadonlySet<LearningEvent> {
  const stride = Math.max(1, Math.ceil(events.length / limit));
  return new Set(events.filter((_, index) => index % stride === 0));
}
