import type { PoolConfig } from 'pg';
import { PgBoss, type ConstructorOptions, type JobWithMetadata } from 'pg-boss';
import type { Clock } from '../lib/clock.js';
import type { ServerAddress } from '../config/database-url.js';
import type { Logger } from '../lib/logger.js';
import type { Job } from './job.js';

/** A worker that has not been heard of for so long is gone, and what it ran is run again. */
const HEARTBEAT_SECONDS = 10;
const WATCH_EVERY_SECONDS = 5;

/** A failed run is tried again after about so long, twice as long each time. */
const RETRIES = 3;
const RETRY_SECONDS = 2;
const RETRY_MOST_SECONDS = 300;

/** A run that takes longer is given up. */
const LONGEST_RUN_SECONDS = 3_600;

/** Workers are woken by the database; this is for what is tried again, and for where that does not get through. */
const LOOK_EVERY_SECONDS = 2;

const KEPT_SECONDS = 3_600;

const STOP_WITHIN_MS = 4_000;

const STATEMENT_TIMEOUT_MS = 10_000;

const FAULTS_TOLD_EVERY_MS = 60_000;

/** Where the queue is kept. */
export interface JobDatabase {
  /** The server, and what prepares a new session. */
  readonly connection: ServerAddress & Pick<PoolConfig, 'onConnect'>;
  /** The schema of the queue. */
  readonly schema: string;
}

/** One run as the queue hands it over. */
export interface QueuedRun {
  /** From 1. */
  readonly attempt: number;
  readonly signal: AbortSignal;
}

/** What became of a run that was asked for. */
export interface RunState {
  readonly state: 'waiting' | 'running' | 'succeeded' | 'failed';
  /** What it did, or why it failed. */
  readonly detail: string | null;
}

/**
 * The queue of runs, which pg-boss keeps in a schema of its own beside the gateway's. Each job has at most one run at a
 * time, waiting or running.
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
    works,
  }: {
    database: JobDatabase;
    jobs: readonly Job[];
    clock: Clock;
    logger: Logger;
    /** Whether this process will {@link work}, or only ask for runs. */
    works: boolean;
  }) {
    const options: ConstructorOptions & PoolConfig = {
      schema,
      // Migrations create it, so that a role without the right to create schemas can run jobs.
      createSchema: false,
      application_name: 'bellwether-jobs',
      max: works ? 4 : 1,
      // A connection that is lost without a word would else be waited on for as long as the system likes.
      query_timeout: STATEMENT_TIMEOUT_MS,
      connectionTimeoutMillis: STATEMENT_TIMEOUT_MS,
      keepAlive: true,
      ...connection,
      // The ticks are sent by the workers themselves: cron knows no times shorter than a minute, nor of any length.
      schedule: false,
      supervise: works,
      superviseIntervalSeconds: WATCH_EVERY_SECONDS,
      monitorIntervalSeconds: WATCH_EVERY_SECONDS,
      useListenNotify: works,
    };
    this.#jobs = jobs;
    this.#boss = new PgBoss(options);
    let toldMs = -Infinity;
    this.#boss.on('error', (error) => {
      // Every queue says so every few seconds while the database is away, and a run that is left behind at the end does.
      const isNew = !this.#isClosing && clock() - toldMs >= FAULTS_TOLD_EVERY_MS;
      if (isNew) toldMs = clock();
      logger[isNew ? 'warn' : 'debug']({ err: error }, 'the job queue could not be reached; trying again');
    });
    this.#boss.on('warning', ({ message, data }) => logger.debug({ data }, message));
  }

  /** Makes the queues, when there are none yet. Anything else does this first. */
  open(): Promise<void> {
    this.#opened ??= this.#open().catch((error: unknown) => {
      this.#opened = undefined;
      throw error;
    });
    return this.#opened;
  }

  /** Asks for a job's run of the present time, unless somebody has. @returns whether this did it. */
  async tick(job: Job): Promise<boolean> {
    await this.open();
    return (await this.#boss.send(job.name, null, { singletonSeconds: job.everySeconds })) !== null;
  }

  /** The run of a job that is waiting or under way; null when there is none. */
  async present(job: Job): Promise<string | null> {
    await this.open();
    const runs = await this.#boss.findJobs(job.name);
    return runs.find(({ state }) => PRESENT.has(state))?.id ?? null;
  }

  /** Asks for a run now. @returns its id; null when one is waiting or running already. */
  async request(job: Job): Promise<string | null> {
    await this.open();
    return this.#boss.send(job.name);
  }

  /** What became of a run. */
  async stateOf(job: Job, id: string): Promise<RunState | null> {
    await this.open();
    const [run] = await this.#boss.findJobs(job.name, { id });
    return run === undefined ? null : { state: STATES[run.state], detail: detailOf(run.output) };
  }

  /** Runs what is asked for of a job, one run at a time; what the handler throws is a failure. */
  async work(job: Job, handler: (run: QueuedRun) => Promise<string>): Promise<void> {
    await this.open();
    this.#isWorking = true;
    const options = {
      includeMetadata: true,
      pollingIntervalSeconds: LOOK_EVERY_SECONDS,
      notifyPollingIntervalSeconds: LOOK_EVERY_SECONDS,
    } as const;
    await this.#boss.work(job.name, options, async ([run]: JobWithMetadata[]) => {
      if (run === undefined) return null;
      return { value: await handler({ attempt: run.retryCount + 1, signal: run.signal }) };
    });
  }

  /** Takes no further run, and waits a little for those under way; what is not done then is run again elsewhere. */
  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#opened?.catch(() => undefined);
    await this.#boss.stop({ graceful: this.#isWorking, timeout: STOP_WITHIN_MS });
  }

  async #open(): Promise<void> {
    await this.#boss.start();
    for (const { name, everySeconds, retries = RETRIES } of this.#jobs) {
      const options = {
        retryLimit: retries,
        retryDelay: RETRY_SECONDS,
        retryBackoff: true,
        retryDelayMax: RETRY_MOST_SECONDS,
        expireInSeconds: LONGEST_RUN_SECONDS,
        heartbeatSeconds: HEARTBEAT_SECONDS,
        // A run that is over still says that its time was asked for.
        deleteAfterSeconds: Math.max(KEPT_SECONDS, 2 * everySeconds),
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

const PRESENT = new Set<JobWithMetadata['state']>(['created', 'retry', 'active']);

/** pg-boss keeps what a handler returns or throws as JSON. */
function detailOf(output: unknown): string | null {
  const { value, message } = (output as { value?: unknown; message?: unknown } | null) ?? {};
  if (typeof message === 'string') return message;
  return typeof value === 'string' ? value : null;
}
