import type { Clock } from '../config/clock.js';
import type { RankingConfig } from '../config/ranking-schema.js';
import { BellwetherError } from '../errors.js';
import { checkInput } from '../input/check-input.js';
import type { Market } from '../repositories/market.js';
import type { ProfileState } from '../repositories/profile-state.js';
import type { Store } from '../repositories/store.js';
import { orUnavailable } from '../repositories/unavailable.js';
import { eventWeight } from '../scoring/event-weight.js';
import { profileMemory } from '../profiles/profile-memory.js';
import { commitEvents, type CommittedEvent, type PreparedEvent } from './commit-events.js';
import { interactionInput, type CheckedInteraction } from './interaction-input.js';

/** The answer to an event. */
export interface TrackResult {
  /** Of a duplicate: the interaction first recorded under its client event id. */
  readonly interactionId: string;
  readonly status: 'RECORDED' | 'DUPLICATE';
  /** Whether this event changed the profile. */
  readonly profileUpdated: boolean;
  /** After the event. */
  readonly profile: ProfileState;
}

/** What became of one event of an import. */
export interface ImportedInteraction {
  readonly outcome: 'RECORDED' | 'DUPLICATE' | 'REJECTED';
  readonly reason?: string;
}

const MAX_AGE_MS = 7 * 24 * 3_600_000;
const MAX_FUTURE_MS = 5 * 60_000;

/** A client event id means the same event for this long; in an import, for ever. */
const CLIENT_EVENT_MEMORY_MS = 7 * 24 * 3_600_000;

/** Takes events in. What it answers RECORDED is on disk, together with all that it changed. */
export class TrackingService {
  constructor(
    private readonly parts: {
      store: Pick<Store, 'transaction' | 'markets'>;
      markets: { findByIds(ids: readonly string[]): Promise<(Market | undefined)[]> };
      config: RankingConfig;
      clock: Clock;
      newId: () => string;
    },
  ) {}

  /**
   * Records one event.
   *
   * @throws {BellwetherError} BAD_USER_INPUT naming the field; UNAVAILABLE when it could not be stored.
   */
  async track(input: unknown): Promise<TrackResult> {
    const checked = checkInput(interactionInput, input, 'input');
    const [committed] = await this.#commit(CLIENT_EVENT_MEMORY_MS, async () => {
      const [market] = await this.parts.markets.findByIds([checked.marketId]);
      if (market === undefined) {
        throw BellwetherError.badInput('input.marketId', `There is no market "${checked.marketId}".`);
      }
      return [this.#prepare(checked, market, { keepTime: false, probability: market.probability })];
    });
    if (committed === undefined) throw new Error('A commit of one event gave no answer.');
    const { interactionId, duplicate, profile } = committed;
    return {
      interactionId,
      status: duplicate ? 'DUPLICATE' : 'RECORDED',
      profileUpdated: !duplicate,
      profile,
    };
  }

  /**
   * Records events of the past as if they had happened then: their times are kept however old, only
   * those in the future are clamped. Each is judged by itself.
   *
   * @returns what became of each, in order.
   */
  async importAll(inputs: readonly unknown[]): Promise<ImportedInteraction[]> {
    const results: ImportedInteraction[] = [];
    const { checked, faults } = await this.#checkAll(inputs);
    faults.forEach((reason, index) => (results[index] = { outcome: 'REJECTED', reason }));
    // Within a commit in the order in which they happened, so that late ones need no correction.
    const inTime = [...checked.entries()].sort(([, a], [, b]) => a.at - b.at);
    if (inTime.length > 0) {
      const committed = await this.#commit(Infinity, () =>
        Promise.resolve(inTime.map(([, { event }]) => event)),
      );
      inTime.forEach(([index], place) => {
        results[index] = { outcome: committed[place]?.duplicate === true ? 'DUPLICATE' : 'RECORDED' };
      });
    }
    return results;
  }

  /**
   * Judges events of the past as {@link importAll} would, and records nothing.
   *
   * @param isKnown markets that count as stored.
   */
  async checkImport(
    inputs: readonly unknown[],
    isKnown: (marketId: string) => boolean,
  ): Promise<ImportedInteraction[]> {
    const { unknownMarkets, faults } = await this.#checkAll(inputs);
    return inputs.map((_, index) => {
      const marketId = unknownMarkets.get(index);
      const reason = marketId !== undefined && isKnown(marketId) ? undefined : faults.get(index);
      return reason === undefined ? { outcome: 'RECORDED' } : { outcome: 'REJECTED', reason };
    });
  }

  async #checkAll(inputs: readonly unknown[]): Promise<{
    checked: Map<number, { event: PreparedEvent; at: number }>;
    faults: Map<number, string>;
    /** Those of the faults that are for want of a market, with its id. */
    unknownMarkets: Map<number, string>;
  }> {
    const faults = new Map<number, string>();
    const valid: { index: number; interaction: CheckedInteraction }[] = [];
    inputs.forEach((input, index) => {
      const parsed = interactionInput.safeParse(input);
      if (parsed.success) valid.push({ index, interaction: parsed.data });
      else
        faults.set(
          index,
          parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`).join('; '),
        );
    });
    const markets = await this.parts.markets.findByIds(valid.map(({ interaction }) => interaction.marketId));
    const probabilities = await this.parts.store.markets.probabilitiesThen(
      valid.map(({ interaction: { marketId, occurredAt } }) => ({
        marketId,
        at: occurredAt ?? new Date(this.parts.clock()),
      })),
    );
    const checked = new Map<number, { event: PreparedEvent; at: number }>();
    const unknownMarkets = new Map<number, string>();
    valid.forEach(({ index, interaction }, place) => {
      const market = markets[place];
      if (market === undefined) {
        unknownMarkets.set(index, interaction.marketId);
        faults.set(index, `marketId: there is no market "${interaction.marketId}"`);
        return;
      }
      const probability = probabilities[place] ?? null;
      const event = this.#prepare(interaction, market, { keepTime: true, probability });
      checked.set(index, { event, at: event.interaction.occurredAt.getTime() });
    });
    return { checked, faults, unknownMarkets };
  }

  async #commit(
    clientEventMemoryMs: number,
    prepare: () => Promise<PreparedEvent[]>,
  ): Promise<CommittedEvent[]> {
    const nowMs = this.parts.clock();
    const options = {
      now: new Date(nowMs),
      clientEventsSince: new Date(Math.max(0, nowMs - clientEventMemoryMs)),
      memory: profileMemory(this.parts.config),
    };
    return orUnavailable('The event could not be stored now.', async () => {
      const events = await prepare();
      return this.parts.store.transaction((transaction) => commitEvents(transaction, events, options));
    });
  }

  #prepare(
    input: CheckedInteraction,
    market: Market,
    options: { keepTime: boolean; probability: number | null },
  ): PreparedEvent {
    const { probability } = options;
    const nowMs = this.parts.clock();
    const occurredAtMs = input.occurredAt?.getTime() ?? nowMs;
    const tooOld = !options.keepTime && occurredAtMs < nowMs - MAX_AGE_MS;
    const clamped = tooOld || occurredAtMs > nowMs + MAX_FUTURE_MS;
    const dwellMs = input.dwellMs ?? null;
    return {
      interaction: {
        id: this.parts.newId(),
        userKey: input.userKey,
        marketId: input.marketId,
        eventType: input.eventType,
        weight: eventWeight(input.eventType, dwellMs, this.parts.config.events),
        dwellMs,
        section: input.section ?? null,
        position: input.position ?? null,
        country: input.country ?? null,
        sessionId: input.sessionId ?? null,
        feedId: input.feedId ?? null,
        stake: input.stake ?? null,
        context: input.context ?? null,
        clientEventId: input.clientEventId ?? null,
        probability,
        occurredAt: new Date(clamped ? nowMs : occurredAtMs),
        receivedAt: new Date(nowMs),
        clamped,
      },
      market: {
        id: market.id,
        category: market.category,
        tags: market.tags,
        probability,
        volume24h: market.volume24h,
      },
    };
  }
}
