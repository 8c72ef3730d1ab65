import { Command } from 'commander';
import { OperatorError } from '../lib/errors.js';
import { withCommandBackend } from './command-backend.js';
import { countUpTo } from './count-argument.js';
import { loadSample, SAMPLE_DEFAULTS, type SampleOptions } from './load-sample.js';
import { ProgressView } from './progress-view.js';
import { unfinishedSampleMs } from './unfinished-sample.js';
import { print } from './print.js';

interface SampleFlags extends SampleOptions {
  readonly add: boolean;
}

/** `bellwether sample`: the sample world, for trying things out. */
export function sampleCommand(): Command {
  return new Command('sample')
    .description('Load the sample catalog, and simulated people with what they did lately.')
    .option('--people <number>', 'how many people, 1–5,000', countUpTo(5_000), SAMPLE_DEFAULTS.people)
    .option(
      '--days <number>',
      'how far back their interactions go, 1–60',
      countUpTo(60),
      SAMPLE_DEFAULTS.days,
    )
    .option(
      '--seed <number>',
      'another number makes other people',
      countUpTo(2_147_483_647),
      SAMPLE_DEFAULTS.seed,
    )
    .option('--add', 'load it also into a database that holds markets already', false)
    .action(load);
}

async function load(flags: SampleFlags): Promise<void> {
  await withCommandBackend({ holdCatalog: true }, async (backend, stop) => {
    const { markets: stored } = backend.store;
    const nowMs = Date.now();
    const startedMs = await unfinishedSampleMs(stored, nowMs);
    if (!flags.add && startedMs === undefined && !(await stored.isEmpty())) {
      throw new OperatorError(
        'The database holds markets already, and the sample would be mixed with them. Add --add if that is what you want, or use another database (DATABASE_URL, or BELLWETHER_DATA_DIR for an embedded one).',
      );
    }
    const view = new ProgressView(process.stderr);
    const { markets, people, interactions } = await loadSample(backend, startedMs ?? nowMs, flags, {
      onProgress: (share) => view.show('Loading the sample', share),
      stop,
    }).finally(() => view.end());
    print(`Loaded ${markets} markets and ${interactions} interactions of ${people} people.`);
    print('Look at one of them: bellwether feed sample-politics-001 --country IL');
  });
}
