import { Command } from 'commander';
import { OperatorError } from '../../lib/errors.js';
import { withCommandBackend } from '../command-backend.js';
import { examplesHelp, wholeNumberUpTo } from '../command-options.js';
import { print } from '../output/print.js';
import { ProgressBar } from '../output/progress-bar.js';
import { incompleteSampleMs, loadSample, SAMPLE_DEFAULTS, type SampleOptions } from '../sample-data.js';

interface SampleFlags extends SampleOptions {
  readonly add?: boolean;
}

/** `bellwether sample`: loads the sample. */
export function sampleCommand(): Command {
  return new Command('sample')
    .summary('load the sample')
    .description('Load the sample catalog and simulated users with their interactions.')
    .option('--users <number>', 'number of users, 1–5,000', wholeNumberUpTo(5_000), SAMPLE_DEFAULTS.users)
    .option(
      '--days <number>',
      'age of the oldest interactions in days, 1–60',
      wholeNumberUpTo(60),
      SAMPLE_DEFAULTS.days,
    )
    .option(
      '--seed <number>',
      'seed of the simulation; the same seed gives the same users',
      wholeNumberUpTo(2_147_483_647),
      SAMPLE_DEFAULTS.seed,
    )
    .option('--add', 'load the sample into a database that already has markets')
    .addHelpText('after', examplesHelp('sample', 'sample --users 2000 --days 30'))
    .action(load);
}

async function load({ add = false, ...options }: SampleFlags): Promise<void> {
  await withCommandBackend({ loadCatalog: true }, async (backend, stop) => {
    const { markets: stored } = backend.store;
    const nowMs = Date.now();
    const incompleteMs = await incompleteSampleMs(stored, nowMs);
    if (!add && incompleteMs === undefined && !(await stored.isEmpty())) {
      throw new OperatorError(
        'The database already has markets, and the sample would be mixed with them. Pass --add to load it anyway, or use another database (DATABASE_URL, or BELLWETHER_DATA_DIR for an embedded one).',
      );
    }
    const progress = new ProgressBar(process.stderr);
    const { markets, users, interactions } = await loadSample(backend, incompleteMs ?? nowMs, options, {
      onProgress: (share) => progress.show('Loading the sample', share),
      stop,
    }).finally(() => progress.end());
    print(`Loaded ${markets} markets and ${interactions} interactions of ${users} users.`);
    print('Show the feed of one: bellwether feed sample-politics-001 --country IL');
  });
}
