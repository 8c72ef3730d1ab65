import type { Clock } from '../lib/clock.js';
import { BellwetherError } from '../lib/errors.js';
import type { Logger } from '../lib/logger.js';
import type { Backlog, OutboxBacklogRepository } from '../storage/events/outbox-repository.js';
import { orUnavailable } from '../storage/database-errors.js';

/** A sink and what it has not received yet. */
export interface SinkStatus extends Omit<Backlog, 'sink'> {
  readonly name: string;
  /** Whether the config of this process names the sink. No relay delivers to a sink that no config names. */
  readonly configured: boolean;
  /** Age of the oldest event in seconds; null without events. */
  readonly lagSeconds: number | null;
}

/** Events removed by one statement, which takes well under a second. */
const DROPPED_AT_ONCE = 10_000;

/** What the sinks have not received yet, and the removal of what none will receive. */
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
   * The configured sinks, then those that only have events in the outbox.
   *
   * @throws {BellwetherError} UNAVAILABLE without a database.
   */
  async list(): Promise<SinkStatus[]> {
    return orUnavailable('The sinks could not be read now.', async () => {
      const others = await this.deps.backlog.sinksExcept(this.deps.sinks);
      const statuses: SinkStatus[] = [];
      for (const name of [...this.deps.sinks, ...others]) statuses.push(await this.of(name));
      return statuses;
    });
  }

  /** One sink, whether it exists or not. */
  async of(name: string): Promise<SinkStatus> {
    const { sinks, backlog, clock } = this.deps;
    const { events, isEstimate, bytes, oldestAt } = await backlog.of(name);
    const lagSeconds = oldestAt === null ? null : Math.max(0, (clock() - oldestAt.getTime()) / 1_000);
    return { name, configured: sinks.includes(name), events, isEstimate, bytes, oldestAt, lagSeconds };
  }

  /**
   * Removes the undelivered events of a sink, in steps. An interruption keeps the completed steps.
   *
   * @param options.force drop the events of a configured sink too.
   * @param options.onProgress receives the number of removed events after each step.
   * @returns how many were removed.
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
        `The config names the sink "${name}", so its events are delivered. Remove it from the config first, or use --force to lose them.`,
      );
    }
    let removed = 0;
    let after = 0n;
    while (!signal.aborted) {
      const step = await this.deps.backlog.drop(name, after, DROPPED_AT_ONCE);
      removed += step.removed;
      after = step.last;
      if (step.removed < DROPPED_AT_ONCE) break;
      onProgress(removed);
    }
    return removed;
  }
}

/**
 * Logs a warning if the outbox holds events of sinks that the config does not name: they were removed or renamed, and
 * nothing delivers their events. Logs a warning as well if the outbox cannot be read.
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
      'the outbox holds events of sinks that are not in the config; nothing delivers them',
    );
  } catch (error) {
    logger.warn({ err: error }, 'failed to look for events of unknown sinks');
  }
}
