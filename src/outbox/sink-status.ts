import type { Clock } from '../lib/clock.js';
import { BellwetherError } from '../lib/errors.js';
import type { Logger } from '../lib/logger.js';
import type { Backlog, OutboxBacklogRepository } from '../storage/events/outbox-repository.js';
import { orUnavailable } from '../storage/database-errors.js';

/** A sink and its backlog. */
export interface SinkStatus extends Omit<Backlog, 'sink'> {
  readonly name: string;
  /** Whether the config of this process names the sink. No relay delivers to a sink that no config names. */
  readonly configured: boolean;
  /** Age of the oldest undelivered event in seconds; null when the backlog is empty. */
  readonly lagSeconds: number | null;
}

/** Events that one statement removes; it takes well under a second. */
const DROP_BATCH = 10_000;

/** Reports the backlogs of the sinks, and drops those that no relay delivers. */
export class SinkStatusService {
  constructor(
    private readonly deps: {
      /** Names of the sinks in the config. */
      readonly sinks: readonly string[];
      readonly backlog: Pick<OutboxBacklogRepository, 'of' | 'sinksExcept' | 'drop'>;
      readonly clock: Clock;
    },
  ) {}

  /**
   * Lists the configured sinks, then other sinks with events in the outbox.
   *
   * @throws {BellwetherError} UNAVAILABLE when the database does not answer.
   */
  async list(): Promise<SinkStatus[]> {
    return orUnavailable('The sinks could not be read; retry after retryAfterMs.', async () => {
      const others = await this.deps.backlog.sinksExcept(this.deps.sinks);
      const statuses: SinkStatus[] = [];
      for (const name of [...this.deps.sinks, ...others]) statuses.push(await this.of(name));
      return statuses;
    });
  }

  /** The status of one sink; a name that no sink has gives an empty backlog. */
  async of(name: string): Promise<SinkStatus> {
    const { sinks, backlog, clock } = this.deps;
    const { events, isEstimate, bytes, oldestAt } = await backlog.of(name);
    const lagSeconds = oldestAt === null ? null : Math.max(0, (clock() - oldestAt.getTime()) / 1_000);
    return { name, configured: sinks.includes(name), events, isEstimate, bytes, oldestAt, lagSeconds };
  }

  /**
   * Removes the undelivered events of a sink in batches. An interruption keeps the completed batches.
   *
   * @param options.force also drops the events of a configured sink.
   * @param options.onProgress receives the number of removed events after each full batch.
   * @returns the number of removed events.
   * @throws {BellwetherError} BAD_USER_INPUT for a configured sink without `force`.
   */
  async drop(
    name: string,
    options: {
      readonly force: boolean;
      readonly signal: AbortSignal;
      readonly onProgress: (removed: number) => void;
    },
  ): Promise<number> {
    const { force, signal, onProgress } = options;
    if (this.deps.sinks.includes(name) && !force) {
      throw BellwetherError.badInput(
        'sink',
        `The config names the sink "${name}", so its events are being delivered. Remove it from the config first, or use --force to drop them anyway.`,
      );
    }
    let removed = 0;
    let after = 0n;
    while (!signal.aborted) {
      const batch = await this.deps.backlog.drop(name, after, DROP_BATCH);
      removed += batch.removed;
      after = batch.last;
      if (batch.removed < DROP_BATCH) break;
      onProgress(removed);
    }
    return removed;
  }
}

/**
 * Logs a warning if the outbox contains events for sinks that the config does not name, because they were removed or
 * renamed: nothing delivers these events. Also logs a warning if the outbox cannot be read.
 */
export async function reportUnknownSinks(
  status: Pick<SinkStatusService, 'list'>,
  logger: Logger,
): Promise<void> {
  try {
    const unknown = (await status.list()).filter(({ configured }) => !configured);
    if (unknown.length === 0) return;
    logger.warn(
      {
        sinks: unknown.map(({ name, events, isEstimate, bytes, oldestAt }) => ({
          ...{ name, events, isEstimate, bytes, oldestAt },
        })),
        commands: unknown.map(({ name }) => `bellwether outbox drop ${name} --yes`),
      },
      'outbox contains events for sinks that are not in the config; nothing delivers them',
    );
  } catch (error) {
    logger.warn({ err: error }, 'failed to check the outbox for unknown sinks');
  }
}
