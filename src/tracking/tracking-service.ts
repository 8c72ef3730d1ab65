import { z } from 'zod';
import type { Clock } from '../lib/clock.js';
import type { RankingConfig } from '../config/schema/ranking-schema.js';
import { BellwetherError } from '../lib/errors.js';
import type { InputProblem } from '../lib/input/input-problem.js';
import { checkInput } from '../lib/input/check-input.js';
import type { Market } from '../domain/market.js';
import type { SnapshotRepository } from '../storage/markets/snapshot-repository.js';
import { orUnavailable } from '../storage/database-errors.js';
import type { IgnoredReason } from './admit-events.js';
import { STORE_FAILED, type EventOutcome } from './commit-events.js';
import {
  impressionItem,
  impressionsInput,
  interactionBatch,
  interactionInput,
  interactionsInput,
} from './event-input.js';
import type { EventQueue } from './event-queue.js';
import {
  distinctMarkets,
  prepareEvent,
  unknownMarket,
  validateItems,
  type EventOfMarket,
  type ValidatedItem,
} from './prepare-events.js';
import type { PreparedEvent } from '../domain/event.js';

/** Result of a valid event. */
export interface TrackResult extends OutcomeResult {
  /** As the event names it, also if it is an alias. */
  readonly userKey: string;
}

interface OutcomeResult {
  /** For a duplicate, the id of the interaction first recorded under its idempotency key. Null for an ignored event. */
  readonly interactionId: string | null;
  readonly status: 'RECORDED' | 'DUPLICATE' | 'IGNORED';
  /** Null unless it is ignored. */
  readonly ignoredReason: IgnoredReason | null;
  /** Whether this event changed the profile. */
  readonly profileUpdated: boolean;
}

/** Result of one event of a batch. */
export interface BatchItemResult {
  /** Index of the event in the batch, from 0. */
  readonly index: number;
  readonly status: TrackResult['status'] | 'REJECTED';
  /** Null for a rejected or ignored event. */
  readonly interactionId: string | null;
  readonly ignoredReason: IgnoredReason | null;
  readonly profileUpdated: boolean;
  /** Why it was rejected; null if it was not. */
  readonly problem: InputProblem | null;
}

/** Result of a batch of events. */
export interface BatchResult {
  /** One per event, in order. */
  readonly results: readonly BatchItemResult[];
  /** Number of RECORDED events. */
  readonly recordedCount: number;
}

/** Result of a report of impressions. */
export interface ImpressionsResult {
  /** Does not count repeated markets of this report, or of an earlier report with the same idempotency key. */
  readonly recordedCount: number;
  readonly problems: readonly InputProblem[];
}

/** Results of a report with interactions and impressions; null for a list that was not sent. */
export interface ReportResult {
  readonly interactions: BatchResult | null;
  readonly impressions: ImpressionsResult | null;
}

/** A rejected event as it was sent, for staff. */
export interface RejectedInput {
  readonly event: unknown;
  readonly reason: string;
}

const reportInput = z
  .strictObject({ interactions: interactionBatch.optional(), impressions: impressionsInput.optional() })
  .refine(({ interactions, impressions }) => interactions !== undefined || impressions !== undefined, {
    path: ['interactions'],
    error: 'or impressions must be given',
  });

/** An event older than this is recorded with the probability at its own time. */
const MAX_PROBABILITY_AGE_MS = 60_000;

/** Records events. RECORDED means that the event and its effect on the profile are on disk. */
export class TrackingService {
  constructor(
    private readonly deps: {
      queue: Pick<EventQueue, 'add'>;
      markets: { findByIds(ids: readonly string[]): Promise<(Market | undefined)[]> };
      snapshots: Pick<SnapshotRepository, 'probabilitiesAt'>;
      weights: () => RankingConfig['events'];
      clock: Clock;
      newId: () => string;
      /** Receives the rejected events of a batch, since senders of batches seldom read the results. */
      onRejected: (events: readonly RejectedInput[]) => void;
    },
  ) {}

  /**
   * Records one event.
   *
   * @throws {BellwetherError} BAD_USER_INPUT with the invalid field; UNAVAILABLE if the event could not be stored.
   */
  async track(input: unknown): Promise<TrackResult> {
    const checked = checkInput(interactionInput, input, 'input');
    const [market] = await this.deps.markets.findByIds([checked.marketId]);
    if (market === undefined)
      throw BellwetherError.badInput('input.marketId', unknownMarket(checked.marketId));
    const [committed] = await this.deps.queue.add(await this.#prepare([{ input: checked, market }]));
    if (committed === undefined) throw new Error('The commit of one event returned no result.');
    return { userKey: checked.userKey, ...outcomeResult(committed) };
  }

  /**
   * Records up to 500 events in one transaction. Each is validated on its own; all valid ones are recorded, or none.
   *
   * @param mayRecordFor whether the caller may record events of a user; others are rejected as FORBIDDEN.
   * @throws {BellwetherError} BAD_USER_INPUT for an empty list, LIMIT_EXCEEDED for more than 500 events; UNAVAILABLE if they
   *   could not be stored.
   */
  async trackAll(input: unknown, mayRecordFor: (userKey: string) => boolean): Promise<BatchResult> {
    const { interactions: batch } = checkInput(interactionsInput, input, 'input');
    const items = await validateItems(batch, interactionInput, this.deps.markets, mayRecordFor);
    const committed = await this.#record(items);
    this.#reportRejected(batch, items);
    return batchResult(items, committed);
  }

  /**
   * Records the impressions of one user, up to 200 markets. Each item is validated on its own. Of the valid items of a
   * market, the first one counts.
   *
   * @throws {BellwetherError} BAD_USER_INPUT with the invalid field; UNAVAILABLE if they could not be stored.
   */
  async trackImpressions(input: unknown): Promise<ImpressionsResult> {
    const { items: batch, ...report } = checkInput(impressionsInput, input, 'input');
    const items = await validateItems(batch, impressionItem(report), this.deps.markets);
    return impressionsResult(items, await this.#record(distinctMarkets(items)));
  }

  /**
   * Records `interactions` like {@link trackAll} and `impressions` like {@link trackImpressions}, in one transaction: a
   * failed request records nothing.
   *
   * @param mayRecordFor whether the caller may record events of a user. Interactions of others are rejected as FORBIDDEN, one
   *   by one; impressions of another user reject the request.
   * @throws {BellwetherError} BAD_USER_INPUT with the invalid field; FORBIDDEN for impressions of another user; UNAVAILABLE if
   *   they could not be stored.
   */
  async trackReport(input: unknown, mayRecordFor: (userKey: string) => boolean): Promise<ReportResult> {
    const { interactions, impressions } = checkInput(reportInput, input);
    if (impressions !== undefined && !mayRecordFor(impressions.userKey)) {
      const message = 'impressions.userKey must name the user of the token.';
      throw BellwetherError.forbidden('impressions.userKey', message);
    }
    const { markets } = this.deps;
    const [interactionItems, impressionItems] = await Promise.all([
      validateItems(interactions ?? [], interactionInput, markets, mayRecordFor),
      impressions === undefined ? [] : validateItems(impressions.items, impressionItem(impressions), markets),
    ]);
    const committed = await this.#record([...interactionItems, ...distinctMarkets(impressionItems)]);
    const interactionCount = interactionItems.filter(({ event }) => event !== undefined).length;
    this.#reportRejected(interactions ?? [], interactionItems);
    return {
      interactions: interactions === undefined ? null : batchResult(interactionItems, committed),
      impressions:
        impressions === undefined
          ? null
          : impressionsResult(impressionItems, committed.slice(interactionCount)),
    };
  }

  /** Records the valid items, in order, in one transaction. */
  async #record(items: readonly ValidatedItem[]): Promise<readonly EventOutcome[]> {
    const events = items.flatMap(({ event }) => event ?? []);
    return events.length === 0 ? [] : this.deps.queue.add(await this.#prepare(events));
  }

  #reportRejected(batch: readonly unknown[], items: readonly ValidatedItem[]): void {
    const rejected = items.flatMap(({ problem }) =>
      problem === undefined ? [] : [{ event: batch[problem.index], reason: problem.message }],
    );
    if (rejected.length > 0) this.deps.onRejected(rejected);
  }

  async #prepare(events: readonly EventOfMarket[]): Promise<PreparedEvent[]> {
    const { newId, clock, weights, snapshots } = this.deps;
    const nowMs = clock();
    const past = events.filter(
      ({ input }) => (input.occurredAt?.getTime() ?? nowMs) < nowMs - MAX_PROBABILITY_AGE_MS,
    );
    const probabilities =
      past.length === 0
        ? []
        : await orUnavailable(STORE_FAILED, () =>
            snapshots.probabilitiesAt(
              past.map(({ input, market }) => ({
                marketId: market.id,
                at: input.occurredAt ?? new Date(nowMs),
              })),
            ),
          );
    const probabilityOf = new Map(past.map((event, index) => [event, probabilities[index] ?? null]));
    return events.map((event) => {
      const { input, market } = event;
      const past = probabilityOf.get(event);
      const probability = past === undefined ? market.probability : past;
      return prepareEvent(input, market, {
        id: newId(),
        nowMs,
        weights: weights(),
        keepOldTime: false,
        probability,
      });
    });
  }
}

function outcomeResult(outcome: EventOutcome): OutcomeResult {
  const { ignored } = outcome;
  if (ignored !== undefined) {
    return { interactionId: null, status: 'IGNORED', ignoredReason: ignored, profileUpdated: false };
  }
  const { interactionId, duplicate } = outcome;
  const status = duplicate ? 'DUPLICATE' : 'RECORDED';
  return { interactionId, status, ignoredReason: null, profileUpdated: !duplicate };
}

/** @param committed the results of the valid items, in order; further ones are ignored. */
function batchResult(items: readonly ValidatedItem[], committed: readonly EventOutcome[]): BatchResult {
  const ofValid = committed.values();
  const results = items.flatMap(({ problem }, index): BatchItemResult[] => {
    if (problem !== undefined) {
      const none = { interactionId: null, ignoredReason: null, profileUpdated: false };
      return [{ index, status: 'REJECTED', ...none, problem }];
    }
    const next = ofValid.next().value;
    if (next === undefined) return [];
    return [{ index, ...outcomeResult(next), problem: null }];
  });
  return { results, recordedCount: results.filter(({ status }) => status === 'RECORDED').length };
}

function impressionsResult(
  items: readonly ValidatedItem[],
  committed: readonly EventOutcome[],
): ImpressionsResult {
  return {
    recordedCount: committed.filter((outcome) => outcomeResult(outcome).status === 'RECORDED').length,
    problems: items.flatMap(({ problem }) => problem ?? []),
  };
}
