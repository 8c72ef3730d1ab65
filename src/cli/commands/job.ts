import { Command } from 'commander';
import type { Backend } from '../../app/backend.js';
import type { JobStatus } from '../../jobs/job-service.js';
import { OperatorError } from '../../lib/errors.js';
import { visible } from '../../lib/input/display-text.js';
import { withCommandBackend } from '../command-backend.js';
import { examplesHelp } from '../command-options.js';
import { instant } from '../output/format.js';
import { print, printNote } from '../output/print.js';
import { TextTable } from '../output/text-table.js';

/** `bellwether job`: lists and runs jobs. */
export function jobCommand(): Command {
  return new Command('job')
    .summary('list and run jobs')
    .description('List and run jobs.')
    .addCommand(
      new Command('list')
        .summary('list the jobs')
        .description('List the jobs, with the outcome of the last run and the time of the next.')
        .option('--json', 'print one JSON object per line')
        .addHelpText('after', examplesHelp('job list'))
        .action(list),
    )
    .addCommand(
      new Command('run')
        .summary('run a job now')
        .description(
          'Run a job now and wait until it ends. If no worker starts the run, this command executes it.',
        )
        .argument('<name>', 'name of the job, as in "bellwether job list"')
        .addHelpText('after', examplesHelp('job run trends'))
        .action(run),
    );
}

async function list({ json }: { json?: true }): Promise<void> {
  await withCommandBackend({ loadCatalog: false }, async (backend) => {
    const jobs = await backend.services.jobs.list();
    if (json) {
      for (const job of jobs) print(JSON.stringify(job));
      return;
    }
    const table = new TextTable({
      head: ['job', 'interval', 'last run', 'duration', 'outcome', 'next run', 'detail'],
      colWidths: [null, null, null, null, null, null, 50],
      wordWrap: true,
      optional: ['duration', 'interval', 'next run'],
    });
    for (const job of jobs) table.add(row(job));
    print(table.toString());
  });
}

function row({ name, intervalSeconds, lastRun, nextRunAt }: JobStatus): string[] {
  return [
    name,
    interval(intervalSeconds),
    lastRun === null ? 'never' : instant(lastRun.startedAt),
    lastRun?.durationMs == null ? '' : `${(lastRun.durationMs / 1_000).toFixed(1)} s`,
    lastRun === null ? '' : lastRun.outcome + (lastRun.attempt > 1 ? ` (attempt ${lastRun.attempt})` : ''),
    instant(nextRunAt),
    lastRun?.detail ?? '',
  ];
}

function interval(seconds: number): string {
  if (seconds % 86_400 === 0) return `${seconds / 86_400} d`;
  if (seconds % 3_600 === 0) return `${seconds / 3_600} h`;
  return seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`;
}

async function run(name: string): Promise<void> {
  await withCommandBackend({ loadCatalog: false, isWorker: true }, (backend, stop) =>
    runToEnd(backend, name, stop),
  );
}

async function runToEnd({ services, jobWorker }: Backend, name: string, stop: AbortSignal): Promise<void> {
  const job = services.jobs.find(name);
  const serve = async (): Promise<void> => {
    printNote('No worker started the run. This command executes it.');
    await jobWorker.serve(job);
  };
  const ended = await services.jobs.runAndWait(job, { serve, signal: stop }).catch((error: unknown) => {
    if (stop.aborted) printNote(`The run of ${name} stays queued for a worker.`);
    throw error;
  });
  if (ended?.state !== 'succeeded') {
    throw new OperatorError(
      `The job ${name} failed: ${ended?.detail ?? 'it reported no reason; see the log of the worker'}`,
    );
  }
  print(`${name}: ${visible(ended.detail ?? 'done')}`);
}
