import type { Clock } from '../lib/clock.js';
import type { RankingConfig } from '../config/ranking-schema.js';
import type { Market } from '../domain/market.js';
import type { InteractionRepository } from '../storage/events/interaction-repository.js';
import type { SnapshotRepository } from '../storage/markets/snapshot-repository.js';
import { orUnavailable } from '../storage/database-errors.js';
import type { Commit } from './commit-events.js';
import { interactionInput, type CheckedInteraction } from './interaction-input.js';
import { prepareEvent, type PreparedEvent } from './prepare-event.js';

/** What became of one event of an import. */
export interface ImportedInteraction {
  readonly outcome: 'RECORDED' | 'DUPLICATE' | 'REJECTED';
  readonly reason?: string;
}

interface Judged {
  readonly events: Map<number, PreparedEvent>;
  readonly faults: Map<number, string>;
  /** Those of the faults that are for want of a market, with its id. */
  readonly unknownMarkets: Map<number, string>;
}

/** Takes in events of the past as if they had happened then. */
export class HistoryImport {
  constructor(
    private readonly deps: {
      /** Stores events in one transaction; a client event id counts as taken however long ago that was. */
      commit: (events: readonly PreparedEvent[]) => Promise<Commit>;
      interactions: Pick<InteractionRepository, 'keepClientEvents'>;
      markets: { findByIds(ids: readonly string[]): Promise<(Market | undefined)[]> };
      snapshots: Pick<SnapshotRepository, 'probabilitiesAt'>;
      weights: () => RankingConfig['events'];
      clock: Clock;
      newId: () => string;
    },
  ) {}

  /**
   * Records events; their times are kept however old, only those in the future are clamped. Each is
   * judged by itself.
   *
   * @returns what became of each, in order.
   */
  async importAll(inputs: readonly unknown[]): Promise<ImportedInteraction[]> {
    const { events, faults } = await this.#judge(inputs);
    const results: ImportedInteraction[] = [];
    faults.forEach((reason, index) => (results[index] = { outcome: 'REJECTED', reason }));
    // In the order in which they happened, so that late ones need no correction.
    const inTime = [...events].sort(
      ([, a], [, b]) => a.interaction.occurredAt.getTime() - b.interaction.occurredAt.getTime(),
    );
    if (inTime.length === 0) return results;
    const commit = await orUnavailable('The events could not be stored now.', async () => {
      const committed = await this.deps.commit(inTime.map(([, event]) => event));
      await this.#keepIds(inTime.map(([, event]) => event));
      return committed;
    });
    inTime.forEach(([index], place) => {
      results[index] = { outcome: commit.events[place]?.duplicate === true ? 'DUPLICATE' : 'RECORDED' };
    });
    return results;
  }

  /**
   * Judges events as {@link importAll} would, and records nothing.
   *
   * @param isKnown markets that count as stored.
   */
  async checkImport(
    inputs: readonly unknown[],
    isKnown: (marketId: string) => boolean,
  ): Promise<ImportedInteraction[]> {
    const { unknownMarkets, faults } = await this.#judge(inputs);
    return inputs.map((_, index) => {
      const marketId = unknownMarkets.get(index);
      const reason = marketId !== undefined && isKnown(marketId) ? undefined : faults.get(index);
      return reason === undefined ? { outcome: 'RECORDED' } : { outcome: 'REJECTED', reason };
    });
  }

  /** The same file may come again however late. */
  async #keepIds(events: readonly PreparedEvent[]): Promise<void> {
    const ids = events.flatMap(({ interaction: { userKey, clientEventId } }) =>
      clientEventId === null ? [] : [{ userKey, clientEventId }],
    );
    if (ids.length > 0) await this.deps.interactions.keepClientEvents(ids);
  }

  async #judge(inputs: readonly unknown[]): Promise<Judged> {
    const { markets, snapshots, weights, clock, newId } = this.deps;
    const judged: Judged = { events: new Map(), faults: new Map(), unknownMarkets: new Map() };
    const valid: { index: number; interaction: CheckedInteraction }[] = [];
    inputs.forEach((input, index) => {
      const parsed = interactionInput.safeParse(input);
      if (parsed.success) valid.push({ index, interaction: parsed.data });
      else judged.faults.set(index, parsed.error.issues.map(sentence).join('; '));
    });
    const nowMs = clock();
    const found = await markets.findByIds(valid.map(({ interaction }) => interaction.marketId));
    const probabilities = await orUnavailable('The history of the markets could not be read now.', () =>
      snapshots.probabilitiesAt(
        valid.map(({ interaction: { marketId, occurredAt } }) => ({
          marketId,
          at: occurredAt ?? new Date(nowMs),
        })),
      ),
    );
    valid.forEach(({ index, interaction }, place) => {
      const market = found[place];
      if (market === undefined) {
        judged.unknownMarkets.set(index, interaction.marketId);
        judged.faults.set(index, `marketId: there is no market "${interaction.marketId}"`);
        return;
      }
      const probability = probabilities[place] ?? null;
      const options = { id: newId(), nowMs, weights: weights(), keepTime: true, probability };
      judged.events.set(index, prepareEvent(interaction, market, options));
    });
    return judged;
  }
}

function sentence(issue: { path: PropertyKey[]; message: string }): string {
  return `${issue.path.join('.')} ${issue.message}`;
}
