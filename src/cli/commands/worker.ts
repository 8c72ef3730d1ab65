import { once } from 'node:events';
import { Command } from 'commander';
import { openBackend } from '../../app/backend.js';
import { settingsFromEnvironment } from '../../config/settings.js';
import { createLogger } from '../../lib/logger.js';
import { examplesHelp, settingsHelp } from '../command-options.js';
import { shutdownSignal } from '../signals.js';

/** `bellwether worker`: runs jobs until a stop signal. */
export function workerCommand(): Command {
  return new Command('worker')
    .summary('run jobs without serving requests')
    .description(
      'Run jobs without serving requests. Any number of workers can run: each job runs on one of them at a time. ' +
        'A worker stops as "bellwether serve" does.',
    )
    .addHelpText('after', examplesHelp('worker'))
    .addHelpText('after', settingsHelp())
    .action(work);
}

async function work(): Promise<void> {
  const settings = settingsFromEnvironment();
  const logger = createLogger(settings.logLevel, { pretty: process.stdout.isTTY, fd: 1 });
  const shutdown = shutdownSignal(logger);
  const backend = await openBackend({
    settings,
    logger,
    clock: Date.now,
    isWorker: true,
    loadCatalog: false,
  });
  try {
    backend.liveConfig.start();
    backend.jobWorker.start();
    const jobs = (await backend.services.jobs.list()).map(({ name }) => name);
    logger.info({ jobs }, 'ready: running jobs');
    if (!shutdown.aborted) await once(shutdown, 'abort');
  } finally {
    await backend.close();
  }
  logger.info('stopped');
}
