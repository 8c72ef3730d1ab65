import type { PoolConfig } from 'pg';
import { PgBoss, type ConstructorOptions, type JobWithMetadata } from 'pg-boss';
import type { ServerAddress } from '../config/database-url.js';
import type { Clock } from '../lib/clock.js';
import type { Logger } from '../lib/logger.js';
import { MINUTE_MS } from '../lib/time.js';
import type { Job } from './job.js';

/** A worker without a heartbeat for this long is considered dead, and its runs are retried. */
const HEARTBEAT_SECONDS = 10;
const SUPERVISE_SECONDS = 5;

/** A failed run is retried after about 2 s; each further delay doubles, up to 300 s. */
const RETRIES = 3;
const RETRY_DELAY_SECONDS = 2;
const MAX_RETRY_DELAY_SECONDS = 300;

/** A run that takes longer is aborted and counts as failed. */
const MAX_RUN_SECONDS = 3_600;

/** Workers are notified by the database; they poll for retries, and in case a notification is lost. */
const POLL_SECONDS = 2;

const RETENTION_SECONDS = 3_600;

const STOP_WITHIN_MS = 4_000;

const STATEMENT_TIMEOUT_MS = 10_000;

const LOG_ERRORS_EVERY_MS = MINUTE_MS;

/** Location of the queue. */
export interface JobDatabase {
  /** Address of the server, and the hook that prepares a new session. */
  readonly connection: ServerAddress & Pick<PoolConfig, 'onConnect'>;
  /** Schema of the queue. */
  readonly schema: string;
}

/** A run that the queue hands to a worker. */
export interface QueuedRun {
  /** From 1; grows with each retry. */
  readonly attempt: number;
  readonly signal: AbortSignal;
}

/** State of a requested run. */
export interface RunState {
  readonly state: 'waiting' | 'running' | 'succeeded' | 'failed';
  /** What the run did, or why it failed. Null while it waits or runs. */
  readonly detail: string | null;
}

/**
 * The queue of runs. pg-boss keeps it in its own schema of the gateway's database. Each job has at most one run that is
 * waiting or running.
 */
export class JobQueue {
  readonly #boss: PgBoss;
  readonly #jobs: readonly Job[];
  #opened: Promise<void> | undefined;
  #isWorking = false;
  #isClosing = false;

  constructor({
    database: { connection, schema },
    jobs,
    clock,
    logger,
    isWorker,
  }: {
    database: JobDatabase;
    jobs: readonly Job[];
    clock: Clock;
    logger: Logger;
    /** Whether this process will call {@link work}; otherwise it only enqueues runs. */
    isWorker: boolean;
  }) {
    const options: ConstructorOptions & PoolConfig = {
      schema,
      // Migrations create it, so that a role without the right to create schemas can run jobs.
      createSchema: false,
      application_name: 'bellwether-jobs',
      max: isWorker ? 4 : 1,
      // Without it, a silently lost connection blocks for as long as the operating system's TCP timeout.
      query_timeout: STATEMENT_TIMEOUT_MS,
      connectionTimeoutMillis: STATEMENT_TIMEOUT_MS,
      keepAlive: true,
      ...connection,
      // The workers enqueue scheduled runs: cron supports neither periods below a minute nor arbitrary ones.
      schedule: false,
      supervise: isWorker,
      superviseIntervalSeconds: SUPERVISE_SECONDS,
      monitorIntervalSeconds: SUPERVISE_SECONDS,
      useListenNotify: isWorker,
    };
    this.#jobs = jobs;
    this.#boss = new PgBoss(options);
    let loggedMs = -Infinity;
    this.#boss.on('error', (error) => {
      // While the database is away, every queue emits an error every few seconds; so does a run that outlives `close`.
      const isNew = !this.#isClosing && clock() - loggedMs >= LOG_ERRORS_EVERY_MS;
      if (isNew) loggedMs = clock();
      logger[isNew ? 'warn' : 'debug']({ err: error }, 'job queue unavailable, retrying');
    });
    this.#boss.on('warning', ({ message, data }) => logger.debug({ data }, message));
  }

  /** Connects, and creates missing queues. All other methods do this first. */
  open(): Promise<void> {
    this.#opened ??= this.#open().catch((error: unknown) => {
      this.#opened = undefined;
      throw error;
    });
    return this.#opened;
  }

  /** Enqueues the run of a job's current period, once across all processes. @returns whether this call did. */
  async enqueueScheduled(job: Job): Promise<boolean> {
    await this.open();
    return (await this.#boss.send(job.name, null, { singletonSeconds: job.intervalSeconds })) !== null;
  }

  /** Enqueues a run now. @returns its id; null when a run is waiting or running already. */
  async enqueue(job: Job): Promise<string | null> {
    await this.open();
    return this.#boss.send(job.name);
  }

  /** The id of the run that is waiting or running; null when there is none. */
  async pendingRun(job: Job): Promise<string | null> {
    await this.open();
    const runs = await this.#boss.findJobs(job.name);
    return runs.find(({ state }) => PENDING.has(state))?.id ?? null;
  }

  /** The state of a run; null when the queue does not know it any more. */
  async stateOf(job: Job, id: string): Promise<RunState | null> {
    await this.open();
    const [run] = await this.#boss.findJobs(job.name, { id });
    return run === undefined ? null : { state: STATES[run.state], detail: detailOf(run.output) };
  }

  /** Executes the queued runs of a job, one at a time. A run fails when the handler throws. */
  async work(job: Job, handler: (run: QueuedRun) => Promise<string>): Promise<void> {
    await this.open();
    this.#isWorking = true;
    const options = {
      includeMetadata: true,
      pollingIntervalSeconds: POLL_SECONDS,
      notifyPollingIntervalSeconds: POLL_SECONDS,
    } as const;
    await this.#boss.work(job.name, options, async ([run]: JobWithMetadata[]) => {
      if (run === undefined) return null;
      return { value: await handler({ attempt: run.retryCount + 1, signal: run.signal }) };
    });
  }

  /** Stops taking runs, and waits 4 s for those in progress. Another worker retries a run that is not done then. */
  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#opened?.catch(() => undefined);
    await this.#boss.stop({ graceful: this.#isWorking, timeout: STOP_WITHIN_MS });
  }

  async #open(): Promise<void> {
    await this.#boss.start();
    for (const { name, intervalSeconds, retries = RETRIES } of this.#jobs) {
      const options = {
        retryLimit: retries,
        retryDelay: RETRY_DELAY_SECONDS,
        retryBackoff: true,
        retryDelayMax: MAX_RETRY_DELAY_SECONDS,
        expireInSeconds: MAX_RUN_SECONDS,
        heartbeatSeconds: HEARTBEAT_SECONDS,
        // A finished run marks its period as enqueued, so it must outlive the period.
        deleteAfterSeconds: Math.max(RETENTION_SECONDS, 2 * intervalSeconds),
        notify: true,
      };
      await this.#boss.createQueue(name, { ...options, policy: 'exclusive' });
      await this.#boss.updateQueue(name, options);
    }
  }
}

const STATES: Record<JobWithMetadata['state'], RunState['state']> = {
  created: 'waiting',
  retry: 'waiting',
  active: 'running',
  completed: 'succeeded',
  cancelled: 'failed',
  failed: 'failed',
};

const PENDING = new Set<JobWithMetadata['state']>(['created', 'retry', 'active']);

/** pg-boss stores what a handler returns or throws as JSON. */
function detailOf(output: unknown): string | null {
  const { value, message } = (output as { value?: unknown; message?: unknown } | null) ?? {};
  if (typeof message === 'string') return message;
  return typeof value === 'string' ? value : null;
}
