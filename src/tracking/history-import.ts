import type { Clock } from '../lib/clock.js';
import type { RankingConfig } from '../config/schema/ranking-schema.js';
import type { Market } from '../domain/market.js';
import type { InteractionRepository } from '../storage/events/interaction-repository.js';
import type { SnapshotRepository } from '../storage/markets/snapshot-repository.js';
import { orUnavailable } from '../storage/database-errors.js';
import { STORE_FAILED, type EventOutcome } from './commit-events.js';
import { interactionInput, type ValidInteraction } from './event-input.js';
import { prepareEvent } from './prepare-events.js';
import type { PreparedEvent } from '../domain/event.js';
import type { PartitionRepository } from '../storage/partitions.js';

/** Result of one event of an import. */
export interface ImportedInteraction {
  readonly outcome: 'RECORDED' | 'DUPLICATE' | 'IGNORED' | 'REJECTED';
  /** Why it was rejected, naming the field; absent for the other outcomes. */
  readonly reason?: string;
}

/** The events of an import after validation. The keys of the maps are indexes of the inputs. */
interface ValidatedImport {
  /** The valid events. */
  readonly events: Map<number, PreparedEvent>;
  /** Reasons of the rejected events. */
  readonly rejections: Map<number, string>;
  /** Market ids of the events that were rejected because no such market exists. */
  readonly unknownMarkets: Map<number, string>;
}

/** Imports past events with their original times. */
export class HistoryImport {
  constructor(
    private readonly deps: {
      /** Stores events in one transaction. An event is a duplicate if its idempotency key was recorded at any time. */
      commit: (events: readonly PreparedEvent[]) => Promise<readonly EventOutcome[]>;
      /** Returns when each of these users was erased; users who were not are left out. */
      erasedAt: (userKeys: readonly string[]) => Promise<ReadonlyMap<string, Date>>;
      interactions: Pick<InteractionRepository, 'keepClientEvents'>;
      partitions: Pick<PartitionRepository, 'ensureForEvents'>;
      markets: { findByIds(ids: readonly string[]): Promise<(Market | undefined)[]> };
      snapshots: Pick<SnapshotRepository, 'probabilitiesAt'>;
      /** The event weights of the current config, which may be reloaded. */
      weights: () => RankingConfig['events'];
      clock: Clock;
      newId: () => string;
    },
  ) {}

  /**
   * Records events. Their times are kept however old, except that times in the future are clamped. Each event is validated
   * on its own. Events of users who opted out, and of erased users before their erasure, are ignored.
   *
   * @returns the result of each event, in order.
   */
  async importAll(inputs: readonly unknown[]): Promise<ImportedInteraction[]> {
    const { events, rejections } = await this.#validate(inputs);
    const results: ImportedInteraction[] = [];
    rejections.forEach((reason, index) => (results[index] = { outcome: 'REJECTED', reason }));
    // In chronological order, because an event that is older than the latest one of its profile does not update all of it.
    const chronological = [...events].sort(
      ([, a], [, b]) => a.interaction.occurredAt.getTime() - b.interaction.occurredAt.getTime(),
    );
    const ordered: typeof chronological = [];
    const erasedAt = await orUnavailable(STORE_FAILED, () =>
      this.deps.erasedAt([...new Set(chronological.map(([, event]) => event.interaction.userKey))]),
    );
    for (const [index, event] of chronological) {
      const { userKey, occurredAt } = event.interaction;
      const erased = erasedAt.get(userKey);
      if (erased !== undefined && occurredAt <= erased) results[index] = { outcome: 'IGNORED' };
      else ordered.push([index, event]);
    }
    if (ordered.length === 0) return results;
    const outcomes = await orUnavailable(STORE_FAILED, async () => {
      // Old months rarely have a partition, and creating it after a failed commit would repeat the commit.
      await this.deps.partitions.ensureForEvents(
        ordered.map(([, { interaction }]) => interaction.occurredAt),
      );
      const committed = await this.deps.commit(ordered.map(([, event]) => event));
      await this.#keepKeys(
        ordered.map(([, event]) => event),
        committed,
      );
      return committed;
    });
    ordered.forEach(([index], orderedIndex) => {
      results[index] = { outcome: outcomeOf(outcomes[orderedIndex]) };
    });
    return results;
  }

  /**
   * Validates events as {@link importAll} does, and records nothing. Duplicates are not detected: their outcome is
   * RECORDED.
   *
   * @param willExist whether to accept an event of a market that is not stored, because the same import creates the market.
   */
  async validateAll(
    inputs: readonly unknown[],
    willExist: (marketId: string) => boolean,
  ): Promise<ImportedInteraction[]> {
    const { unknownMarkets, rejections } = await this.#validate(inputs);
    return inputs.map((_, index) => {
      const marketId = unknownMarkets.get(index);
      const reason = marketId !== undefined && willExist(marketId) ? undefined : rejections.get(index);
      return reason === undefined ? { outcome: 'RECORDED' } : { outcome: 'REJECTED', reason };
    });
  }

  /** Keeps the idempotency keys of an import without expiry, so that it may be repeated at any time. */
  async #keepKeys(events: readonly PreparedEvent[], outcomes: readonly EventOutcome[]): Promise<void> {
    const ids = events.flatMap(({ interaction: { clientEventId } }, index) => {
      const outcome = outcomes[index];
      if (clientEventId === null || outcome === undefined || outcome.ignored !== undefined) return [];
      return [{ userKey: outcome.userKey, clientEventId }];
    });
    if (ids.length > 0) await this.deps.interactions.keepClientEvents(ids);
  }

  async #validate(inputs: readonly unknown[]): Promise<ValidatedImport> {
    const { markets, snapshots, weights, clock, newId } = this.deps;
    const validated: ValidatedImport = {
      events: new Map(),
      rejections: new Map(),
      unknownMarkets: new Map(),
    };
    const valid: { index: number; interaction: ValidInteraction }[] = [];
    inputs.forEach((input, index) => {
      const parsed = interactionInput.safeParse(input);
      if (parsed.success) valid.push({ index, interaction: parsed.data });
      else validated.rejections.set(index, parsed.error.issues.map(describeIssue).join('; '));
    });
    const nowMs = clock();
    const found = await markets.findByIds(valid.map(({ interaction }) => interaction.marketId));
    const probabilities = await orUnavailable(
      'The history of the markets could not be read now; run the import again.',
      () =>
        snapshots.probabilitiesAt(
          valid.map(({ interaction: { marketId, occurredAt } }) => ({
            marketId,
            at: occurredAt ?? new Date(nowMs),
          })),
        ),
    );
    valid.forEach(({ index, interaction }, validIndex) => {
      const market = found[validIndex];
      if (market === undefined) {
        validated.unknownMarkets.set(index, interaction.marketId);
        validated.rejections.set(index, `marketId: there is no market "${interaction.marketId}"`);
        return;
      }
      const probability = probabilities[validIndex] ?? null;
      const options = { id: newId(), nowMs, weights: weights(), keepOldTime: true, probability };
      validated.events.set(index, prepareEvent(interaction, market, options));
    });
    return validated;
  }
}

function outcomeOf(outcome: EventOutcome | undefined): ImportedInteraction['outcome'] {
  if (outcome?.ignored !== undefined) return 'IGNORED';
  return outcome?.duplicate === true ? 'DUPLICATE' : 'RECORDED';
}

function describeIssue(issue: { path: PropertyKey[]; message: string }): string {
  return `${issue.path.join('.')} ${issue.message}`;
}
