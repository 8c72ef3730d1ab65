import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { OperatorError } from '../lib/errors.js';
import type { Logger } from '../lib/logger.js';
import { SECOND_MS } from '../lib/time.js';

/** Time after which a process that ended is replaced, so that one that cannot run does not take the machine. */
const REPLACE_AFTER_MS = SECOND_MS;

/** Ends of a process, one after another before any was ready, after which the gateway gives up. */
const MAX_FAILED_STARTS = 5;

/** Processes of this machine that serve requests on one port, one for each processor that the gateway may use. */
export interface ServerProcesses {
  /** Resolves with the port when every process accepts connections. */
  readonly ready: Promise<number>;
  /** Rejects when processes end repeatedly before they are ready. */
  readonly failed: Promise<never>;
  /** Stops every process as a stop signal does, and resolves when all have ended. */
  stop(): Promise<void>;
}

/**
 * Starts this command `count` times as child processes that share the port. The parent accepts the connections and gives
 * each to the next process in turn. A process that ends is replaced after a second; the others go on serving.
 */
export function startServerProcesses(count: number, logger: Logger): ServerProcesses {
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => undefined);
  let isStopping = false;
  let failedStarts = 0;
  const replacements = new Set<NodeJS.Timeout>();

  const start = (): Worker => {
    const worker = cluster.fork();
    let isReady = false;
    worker.once('listening', () => {
      isReady = true;
      failedStarts = 0;
      logger.info({ serverPid: worker.process.pid }, 'server process ready');
    });
    worker.once('exit', (code, signal) => {
      if (isStopping) return;
      logger.warn({ serverPid: worker.process.pid, code, signal }, 'server process ended; replacing it');
      if (!isReady) failedStarts += 1;
      if (failedStarts >= MAX_FAILED_STARTS) {
        failed.reject(
          new OperatorError(
            `A server process ended ${MAX_FAILED_STARTS} times before it was ready. The log says why.`,
          ),
        );
        return;
      }
      const timer = setTimeout(() => {
        replacements.delete(timer);
        start();
      }, REPLACE_AFTER_MS);
      replacements.add(timer);
    });
    return worker;
  };

  const firstReady = Array.from({ length: count }, start).map(
    (worker) =>
      new Promise<number>((resolve) => {
        worker.once('listening', ({ port }) => resolve(port));
      }),
  );
  return {
    ready: Promise.all(firstReady).then((ports) => ports[0] ?? 0),
    failed: failed.promise,
    stop: async () => {
      isStopping = true;
      replacements.forEach(clearTimeout);
      const workers = Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
      await Promise.all(
        workers.map(async (worker) => {
          if (worker.isDead()) return;
          worker.process.kill('SIGTERM');
          await once(worker, 'exit');
        }),
      );
    },
  };
}
