import { setImmediate as nextTurn } from 'node:timers/promises';
import { Command, InvalidArgumentError, Option } from 'commander';
import { openImportSource, type ImportSource } from '../../catalog/importers/import-source.js';
import { configVersion } from '../../config/config-values.js';
import { loadRankingConfig } from '../../config/ranking-config.js';
import type { RankingConfig } from '../../config/schema/ranking-schema.js';
import { settingsFromEnvironment } from '../../config/settings.js';
import { ALGORITHM_NAMES, type AlgorithmName } from '../../evaluation/algorithms.js';
import type { Archive } from '../../evaluation/archive.js';
import { readArchive, readStoredArchive, type ArchiveIntake } from '../../evaluation/archive-builder.js';
import {
  evaluate,
  HALVES,
  type Evaluation,
  type EvaluationOptions,
  type Half,
} from '../../evaluation/evaluate.js';
import { OperatorError } from '../../lib/errors.js';
import { visible } from '../../lib/input/display-text.js';
import { withCommandBackend } from '../command-backend.js';
import { examplesHelp, wholeNumberUpTo } from '../command-options.js';
import { derivedDateWarning, evaluationTable } from '../output/evaluation-table.js';
import { print, printNote } from '../output/print.js';
import { ProgressBar } from '../output/progress-bar.js';
import { sampleArchive } from '../sample-data.js';

interface EvaluateFlags {
  readonly sample?: boolean;
  readonly database?: boolean;
  readonly algorithms: readonly AlgorithmName[];
  readonly split: number;
  readonly k: number;
  readonly limitUsers?: number;
  readonly half?: Half;
  readonly leaveKnownOut?: true;
  readonly config?: string;
  readonly json?: true;
}

interface OpenedArchive {
  readonly archive: Archive;
  readonly intake: ArchiveIntake;
  readonly names: readonly string[];
}

const SEED = 1;
const RESAMPLES = 1_000;
const NOTE_EVERY_MS = 5_000;

/** Interval at which the evaluation yields, so that progress is drawn and signals are handled. */
const YIELD_INTERVAL_MS = 50;

const METHOD_HELP = `
For each interaction in the last part of the archive, the evaluation ranks all markets that were open right before it,
using only data known then, and takes the rank of the market that the user chose. docs/evaluation.md describes the
method and the metrics.`;

/** `bellwether evaluate`: compares algorithms on past interactions. It opens a database only for `--database`. */
export function evaluateCommand(): Command {
  return new Command('evaluate')
    .summary('compare algorithms on past interactions')
    .description('Compare algorithms on past interactions. It needs no database, except for --database.')
    .argument(
      '[files...]',
      'markets and interactions as JSON lines in any order, plain or gzip; - is standard input',
    )
    .option('--sample', 'evaluate on the sample instead of files')
    .option(
      '--database',
      'evaluate on the markets and events of the database of this gateway instead of files',
    )
    .addOption(
      new Option('--algorithms <names>', `algorithms, separated by commas: ${ALGORITHM_NAMES.join(', ')}`)
        .argParser(algorithmNames)
        .default(ALGORITHM_NAMES, 'all'),
    )
    .option(
      '--split <share>',
      'share of the interactions, the earliest, that are used for training only; 0 to below 1',
      splitShare,
      0.8,
    )
    .option('--k <number>', 'cutoff rank of the metrics, 1–100', wholeNumberUpTo(100), 10)
    .option(
      '--limit-users <number>',
      'number of users to evaluate, drawn at random; all are used for training',
      wholeNumberUpTo(1_000_000_000),
    )
    .addOption(
      new Option(
        '--half <name>',
        'evaluate one half of the users only, to choose constants on one half and report on the other',
      ).choices(HALVES),
    )
    .option('--leave-known-out', 'leave out the candidates that the user already knows')
    .option('--config <file>', 'ranking config; if omitted, the file of BELLWETHER_CONFIG, else the default')
    .option('--json', 'print the result as one JSON object')
    .addHelpText('after', METHOD_HELP)
    .addHelpText(
      'after',
      examplesHelp(
        'evaluate --sample',
        'evaluate --database --algorithms v2,learned',
        'evaluate export.jsonl.gz --algorithms popularity,v1,v2',
        'evaluate markets.jsonl interactions.jsonl --config tuned.yaml --limit-users 500 --json',
      ),
    )
    .action(run);
}

async function run(files: readonly string[], flags: EvaluateFlags): Promise<void> {
  const configFile = flags.config ?? settingsFromEnvironment().rankingConfigFile;
  const config = loadRankingConfig(configFile);
  const progress = new ProgressBar(process.stderr);
  try {
    const opened = await openArchive(files, flags, progress);
    printRejects(opened.intake);
    const options = {
      ...flags,
      limitUsers: flags.limitUsers,
      half: flags.half,
      leaveKnownOut: flags.leaveKnownOut ?? false,
      seed: SEED,
      resamples: RESAMPLES,
    };
    const evaluation = await evaluateWithProgress(opened.archive, config, options, progress);
    progress.end();
    for (const derived of evaluation.derivedDates) printNote(derivedDateWarning(derived));
    if (flags.json) print(toJson(opened, evaluation, options, config));
    else print(evaluationTable(evaluation, opened.intake, flags.k));
  } finally {
    progress.end();
  }
}

async function openArchive(
  files: readonly string[],
  { sample = false, database = false }: Pick<EvaluateFlags, 'sample' | 'database'>,
  progress: ProgressBar,
): Promise<OpenedArchive> {
  const sourceCount = [sample, database, files.length > 0].filter(Boolean).length;
  if (sourceCount > 1)
    throw new OperatorError('Name files, or pass --sample or --database, but only one of them.');
  if (sample) return { ...sampleArchive(), names: ['sample'] };
  if (database) return readDatabase();
  if (files.length === 0) {
    throw new OperatorError('Name a file with markets and interactions, or pass --sample or --database.');
  }
  const sources: ImportSource[] = [];
  try {
    for (const file of files) sources.push(await openImportSource(file, { stdin: process.stdin }));
    const read = await readArchive(sources, (share) => progress.show('Reading', share));
    return { ...read, names: sources.map(({ name }) => name) };
  } finally {
    for (const source of sources) await source.close();
  }
}

/** Reads the past of the gateway, and closes its database. */
async function readDatabase(): Promise<OpenedArchive> {
  let notedMs = performance.now();
  const read = await withCommandBackend({ loadCatalog: false }, (backend) =>
    readStoredArchive(backend.exportSource('keys'), (records) => {
      if (performance.now() - notedMs < NOTE_EVERY_MS) return;
      notedMs = performance.now();
      printNote(`read ${records} records so far`);
    }),
  );
  return { ...read, names: ['database'] };
}

async function evaluateWithProgress(
  archive: Archive,
  config: RankingConfig,
  options: EvaluationOptions,
  progress: ProgressBar,
): Promise<Evaluation> {
  const steps = evaluate(archive, config, options);
  let yieldAtMs = performance.now();
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (performance.now() < yieldAtMs) continue;
    progress.show('Evaluating', step.value);
    await nextTurn();
    yieldAtMs = performance.now() + YIELD_INTERVAL_MS;
  }
}

function printRejects({ rejected, rejects }: ArchiveIntake): void {
  if (rejected === 0) return;
  printNote(`Rejected ${rejected} ${rejected === 1 ? 'record' : 'records'}. The first:`);
  for (const { source, line, reason } of rejects)
    printNote(`  ${visible(source)}, line ${line}: ${visible(reason)}`);
}

function toJson(
  { intake, names }: OpenedArchive,
  { period, counts, skipped, results, differences, derivedDates }: Evaluation,
  { algorithms, split, k, limitUsers, half, leaveKnownOut, seed, resamples }: EvaluationOptions,
  config: RankingConfig,
): string {
  const at = (ms: number): string => new Date(ms).toISOString();
  return JSON.stringify(
    {
      files: names,
      configVersion: configVersion(config),
      options: {
        ...{ algorithms, split, k, limitUsers: limitUsers ?? null, half: half ?? null },
        ...{ leaveKnownOut, seed, resamples },
      },
      period: { from: at(period.fromMs), splitAt: at(period.splitAtMs), to: at(period.toMs) },
      read: intake,
      counts,
      skipped,
      results: results.map(({ algorithm, result }) => ({ algorithm, ...result })),
      differencesFromV2: differences.map(({ algorithm, difference }) => ({ algorithm, ...difference })),
      derivedDates,
    },
    null,
    2,
  );
}

function algorithmNames(text: string): readonly AlgorithmName[] {
  const names = text.split(',').map((name) => name.trim());
  const known = names.flatMap((name) => ALGORITHM_NAMES.find((algorithm) => algorithm === name) ?? []);
  if (known.length < names.length) {
    throw new InvalidArgumentError(`Each must be one of ${ALGORITHM_NAMES.join(', ')}.`);
  }
  if (new Set(known).size < known.length) throw new InvalidArgumentError('Each can be named only once.');
  return known;
}

function splitShare(text: string): number {
  const share = /^\d*\.?\d+$/.test(text) ? Number(text) : NaN;
  if (!(share >= 0 && share < 1)) {
    throw new InvalidArgumentError('It must be a number from 0 to below 1, such as 0.8.');
  }
  return share;
}
