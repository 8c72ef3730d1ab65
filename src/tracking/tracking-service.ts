import { z } from 'zod';
import type { Clock } from '../lib/clock.js';
import type { RankingConfig } from '../config/ranking-schema.js';
import { BellwetherError } from '../lib/errors.js';
import { checkInput } from '../lib/input/check-input.js';
import type { Market } from '../domain/market.js';
import type { SnapshotRepository } from '../storage/markets/snapshot-repository.js';
import { orUnavailable } from '../storage/database-errors.js';
import type { CommittedEvent } from './commit-events.js';
import { impressionItem, impressionsInput } from './impressions-input.js';
import { interactionBatch, interactionInput } from './interaction-input.js';
import {
  distinctMarkets,
  judgeItems,
  noMarket,
  type EventOfMarket,
  type ItemFault,
  type JudgedItem,
} from './judged-items.js';
import type { EventQueue } from './event-queue.js';
import { prepareEvent, type PreparedEvent } from './prepare-event.js';

/** Result of a recorded event. */
export interface TrackResult {
  readonly userKey: string;
  /** Of a duplicate: the interaction first recorded under its client event id. */
  readonly interactionId: string;
  readonly status: 'RECORDED' | 'DUPLICATE';
  /** Whether this event changed the profile. */
  readonly profileUpdated: boolean;
}

/** Result of a rejected event of a batch. */
export interface RejectedResult extends ItemFault {
  readonly userKey: null;
  readonly interactionId: null;
  readonly status: 'REJECTED';
  readonly profileUpdated: false;
}

/** Result of a report of impressions. */
export interface ImpressionsResult {
  readonly recorded: number;
  /** Items that repeat a market of the report, or an item of a report with the same client event id. */
  readonly duplicates: number;
  readonly rejected: readonly (ItemFault & { readonly index: number })[];
}

/** Results of a report that holds both; null for a part that was not sent. */
export interface ReportResult {
  readonly interactions: readonly (TrackResult | RejectedResult)[] | null;
  readonly impressions: ImpressionsResult | null;
}

/** A rejected event, for staff to look at. */
export interface TurnedAway {
  readonly event: unknown;
  readonly reason: string;
}

const reportInput = z
  .strictObject({ interactions: interactionBatch.optional(), impressions: impressionsInput.optional() })
  .refine(({ interactions, impressions }) => interactions !== undefined || impressions !== undefined, {
    path: ['interactions'],
    error: 'or impressions must be given',
  });

/** An event reported this late is taken with the odds of its own time. */
const ODDS_HOLD_MS = 60_000;

/** Records events. RECORDED means that the event and the profile that it changed are on disk. */
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
      onTurnedAway: (events: readonly TurnedAway[]) => void;
    },
  ) {}

  /**
   * Records one event.
   *
   * @throws {BellwetherError} BAD_USER_INPUT naming the field; UNAVAILABLE when it could not be stored.
   */
  async track(input: unknown): Promise<TrackResult> {
    const checked = checkInput(interactionInput, input, 'input');
    const [market] = await this.deps.markets.findByIds([checked.marketId]);
    if (market === undefined) throw BellwetherError.badInput('input.marketId', noMarket(checked.marketId));
    const [committed] = await this.deps.queue.add(await this.#prepare([{ input: checked, market }]));
    if (committed === undefined) throw new Error('A commit of one event gave no answer.');
    return taken(committed);
  }

  /**
   * Records up to 500 events in one transaction. Each is validated on its own; either all valid ones are recorded or
   * none.
   *
   * @returns one result per event, in order.
   * @throws {BellwetherError} BAD_USER_INPUT for none or more than 500; UNAVAILABLE if they could not be stored.
   */
  async trackAll(inputs: unknown): Promise<(TrackResult | RejectedResult)[]> {
    const batch = checkInput(interactionBatch, inputs, 'inputs');
    const items = await judgeItems(batch, interactionInput, this.deps.markets);
    const committed = await this.#record(items);
    this.#turnAway(batch, items);
    return trackResults(items, committed);
  }

  /**
   * Records the impressions of one user, up to 200 markets. Each item is validated on its own. Of the valid items of a
   * market, the first one counts.
   *
   * @throws {BellwetherError} BAD_USER_INPUT naming the field; UNAVAILABLE if they could not be stored.
   */
  async trackImpressions(input: unknown): Promise<ImpressionsResult> {
    const { items: batch, ...report } = checkInput(impressionsInput, input, 'input');
    const items = await judgeItems(batch, impressionItem(report), this.deps.markets);
    return impressionsResult(items, await this.#record(distinctMarkets(items)));
  }

  /**
   * Records `interactions` as {@link trackAll} and `impressions` as {@link trackImpressions} in one transaction, so that
   * a failed request has recorded nothing.
   *
   * @throws {BellwetherError} BAD_USER_INPUT naming the field; UNAVAILABLE if they could not be stored.
   */
  async trackReport(input: unknown): Promise<ReportResult> {
    const { interactions, impressions } = checkInput(reportInput, input);
    const { markets } = this.deps;
    const [tracked, shown] = await Promise.all([
      judgeItems(interactions ?? [], interactionInput, markets),
      impressions === undefined ? [] : judgeItems(impressions.items, impressionItem(impressions), markets),
    ]);
    const committed = await this.#record([...tracked, ...distinctMarkets(shown)]);
    const trackedCount = tracked.filter(({ event }) => event !== undefined).length;
    this.#turnAway(interactions ?? [], tracked);
    return {
      interactions: interactions === undefined ? null : trackResults(tracked, committed),
      impressions: impressions === undefined ? null : impressionsResult(shown, committed.slice(trackedCount)),
    };
  }

  /** Records the valid items, in order, in one transaction. */
  async #record(items: readonly JudgedItem[]): Promise<readonly CommittedEvent[]> {
    const events = items.flatMap(({ event }) => event ?? []);
    return events.length === 0 ? [] : this.deps.queue.add(await this.#prepare(events));
  }

  #turnAway(batch: readonly unknown[], items: readonly JudgedItem[]): void {
    const turnedAway = items.flatMap(({ fault }, index) =>
      fault === undefined ? [] : [{ event: batch[index], reason: fault.reason }],
    );
    if (turnedAway.length > 0) this.deps.onTurnedAway(turnedAway);
  }

  async #prepare(events: readonly EventOfMarket[]): Promise<PreparedEvent[]> {
    const { newId, clock, weights, snapshots } = this.deps;
    const nowMs = clock();
    const past = events.filter(({ input }) => (input.occurredAt?.getTime() ?? nowMs) < nowMs - ODDS_HOLD_MS);
    const then =
      past.length === 0
        ? []
        : await orUnavailable('The events could not be stored now.', () =>
            snapshots.probabilitiesAt(
              past.map(({ input, market }) => ({
                marketId: market.id,
                at: input.occurredAt ?? new Date(nowMs),
              })),
            ),
          );
    const oddsThen = new Map(past.map((event, place) => [event, then[place] ?? null]));
    return events.map((event) => {
      const { input, market } = event;
      const known = oddsThen.get(event);
      const probability = known === undefined ? market.probability : known;
      return prepareEvent(input, market, {
        id: newId(),
        nowMs,
        weights: weights(),
        keepTime: false,
        probability,
      });
    });
  }
}

function taken({ userKey, interactionId, duplicate }: CommittedEvent): TrackResult {
  const status = duplicate ? 'DUPLICATE' : 'RECORDED';
  return { userKey, interactionId, status, profileUpdated: !duplicate };
}

/** @param committed of the valid items, in order; further ones are not looked at. */
function trackResults(
  items: readonly JudgedItem[],
  committed: readonly CommittedEvent[],
): (TrackResult | RejectedResult)[] {
  const answers = committed.values();
  return items.flatMap(({ fault }): (TrackResult | RejectedResult)[] => {
    if (fault !== undefined) {
      return [{ userKey: null, interactionId: null, status: 'REJECTED', profileUpdated: false, ...fault }];
    }
    const answer = answers.next().value;
    return answer === undefined ? [] : [taken(answer)];
  });
}

function impressionsResult(
  items: readonly JudgedItem[],
  committed: readonly CommittedEvent[],
): ImpressionsResult {
  const rejected = items.flatMap(({ fault }, index) => (fault === undefined ? [] : [{ index, ...fault }]));
  const recorded = committed.filter(({ duplicate }) => !duplicate).length;
  return { recorded, duplicates: items.length - rejected.length - recorded, rejected };
}
