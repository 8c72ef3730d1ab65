import type { Clock } from '../config/clock.js';
import type { RankingConfig } from '../config/ranking-schema.js';
import { BellwetherError } from '../errors.js';
import { checkInput } from '../input/check-input.js';
import type { Market } from '../repositories/market.js';
import type { SnapshotRepository } from '../repositories/snapshot-repository.js';
import { orUnavailable } from '../repositories/unavailable.js';
import type { ProfileState } from '../repositories/profile-state.js';
import { interactionBatch, interactionInput, type CheckedInteraction } from './interaction-input.js';
import { impressionsInput } from './impressions-input.js';
import type { CommittedEvent, PreparedEvent } from './take-in-events.js';
import type { EventQueue } from './event-queue.js';
import { prepareEvent } from './prepare-event.js';

/** The answer to an event that was taken. */
export interface TrackResult {
  /** Of a duplicate: the interaction first recorded under its client event id. */
  readonly interactionId: string;
  readonly status: 'RECORDED' | 'DUPLICATE';
  /** Whether this event changed the profile. */
  readonly profileUpdated: boolean;
  /** After the event. */
  readonly profile: ProfileState;
}

/** The answer to an event of a batch that was not taken. */
export interface RejectedResult {
  readonly interactionId: null;
  readonly status: 'REJECTED';
  readonly profileUpdated: false;
  readonly profile: null;
  /** The path of what is wrong within the event. */
  readonly field: string;
  readonly reason: string;
}

/** The answer to a report of impressions. */
export interface ImpressionsResult {
  readonly recorded: number;
  readonly rejected: readonly { readonly index: number; readonly field: string; readonly reason: string }[];
}

/** An event that nobody could take, for staff to look at. */
export interface TurnedAway {
  readonly event: unknown;
  readonly reason: string;
}

/** An event reported this late is taken with the odds of its own time. */
const ODDS_HOLD_MS = 60_000;

/** Takes events in. What it answers RECORDED is on disk, together with all that it changed. */
export class TrackingService {
  constructor(
    private readonly parts: {
      queue: Pick<EventQueue, 'add'>;
      markets: { findByIds(ids: readonly string[]): Promise<(Market | undefined)[]> };
      snapshots: Pick<SnapshotRepository, 'probabilitiesThen'>;
      weights: () => RankingConfig['events'];
      clock: Clock;
      newId: () => string;
      /** Told of events of a batch that are not valid: a sender of batches seldom reads the answers. */
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
    const [market] = await this.parts.markets.findByIds([checked.marketId]);
    if (market === undefined) throw BellwetherError.badInput('input.marketId', noMarket(checked.marketId));
    const [committed] = await this.parts.queue.add(await this.#prepare([{ input: checked, market }]));
    if (committed === undefined) throw new Error('A commit of one event gave no answer.');
    return taken(committed);
  }

  /**
   * Records up to 500 events together. Each is judged by itself; those that are valid are all recorded,
   * or none is.
   *
   * @returns what became of each, in order.
   * @throws {BellwetherError} BAD_USER_INPUT for more than 500; UNAVAILABLE when they could not be stored.
   */
  async trackAll(inputs: unknown): Promise<(TrackResult | RejectedResult)[]> {
    const results = checkInput(interactionBatch, inputs, 'inputs').map((input) => judge(input));
    const markets = await this.parts.markets.findByIds(
      results.map((result) => result.checked?.marketId ?? ''),
    );
    const valid: EventOfMarket[] = [];
    const rejected = new Map<number, RejectedResult>();
    results.forEach(({ checked, fault }, index) => {
      const market = markets[index];
      if (fault !== undefined) rejected.set(index, refused(fault.field, fault.reason));
      else if (market === undefined) rejected.set(index, refused('marketId', noMarket(checked.marketId)));
      else valid.push({ input: checked, market });
    });
    const committed = valid.length === 0 ? [] : await this.parts.queue.add(await this.#prepare(valid));
    this.#turnAway(inputs, rejected);
    const answers = committed.values();
    return results.flatMap((_, index): (TrackResult | RejectedResult)[] => {
      const fault = rejected.get(index);
      if (fault !== undefined) return [fault];
      const answer = answers.next().value;
      return answer === undefined ? [] : [taken(answer)];
    });
  }

  /**
   * Records what a person was shown, up to 200 markets at once.
   *
   * @throws {BellwetherError} BAD_USER_INPUT naming the field; UNAVAILABLE when it could not be stored.
   */
  async trackImpressions(input: unknown): Promise<ImpressionsResult> {
    const { userKey, feedId, items } = checkInput(impressionsInput, input, 'input');
    const markets = await this.parts.markets.findByIds(items.map(({ marketId }) => marketId));
    const valid: EventOfMarket[] = [];
    const rejected: { index: number; field: string; reason: string }[] = [];
    items.forEach((item, index) => {
      const market = markets[index];
      if (market === undefined) rejected.push({ index, field: 'marketId', reason: noMarket(item.marketId) });
      else valid.push({ input: { userKey, feedId, ...item, eventType: 'IMPRESSION' }, market });
    });
    if (valid.length > 0) await this.parts.queue.add(await this.#prepare(valid));
    return { recorded: valid.length, rejected };
  }

  #turnAway(inputs: unknown, rejected: ReadonlyMap<number, RejectedResult>): void {
    if (rejected.size === 0 || !Array.isArray(inputs)) return;
    const events: readonly unknown[] = inputs;
    this.parts.onTurnedAway([...rejected].map(([index, { reason }]) => ({ event: events[index], reason })));
  }

  async #prepare(events: readonly EventOfMarket[]): Promise<PreparedEvent[]> {
    const { newId, clock, weights, snapshots } = this.parts;
    const nowMs = clock();
    const past = events.filter(({ input }) => (input.occurredAt?.getTime() ?? nowMs) < nowMs - ODDS_HOLD_MS);
    const then =
      past.length === 0
        ? []
        : await orUnavailable('The events could not be stored now.', () =>
            snapshots.probabilitiesThen(
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

interface EventOfMarket {
  readonly input: CheckedInteraction;
  readonly market: Market;
}

type Judgement =
  | { readonly checked: CheckedInteraction; readonly fault?: never }
  | { readonly checked?: never; readonly fault: { readonly field: string; readonly reason: string } };

function judge(input: unknown): Judgement {
  const parsed = interactionInput.safeParse(input);
  if (parsed.success) return { checked: parsed.data };
  const [fault] = parsed.error.issues;
  const field = fault?.path.join('.') ?? '';
  return { fault: { field, reason: `${field} ${fault?.message ?? 'is not valid'}.` } };
}

function taken({ interactionId, duplicate, profile }: CommittedEvent): TrackResult {
  const status = duplicate ? 'DUPLICATE' : 'RECORDED';
  return { interactionId, status, profileUpdated: !duplicate, profile };
}

function refused(field: string, reason: string): RejectedResult {
  return { interactionId: null, status: 'REJECTED', profileUpdated: false, profile: null, field, reason };
}

function noMarket(id: string): string {
  return `There is no market "${id}".`;
}
