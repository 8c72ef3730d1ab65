import { setImmediate as nextTurn } from 'node:timers/promises';
import { Command, InvalidArgumentError, Option } from 'commander';
import { openImportSource, type ImportSource } from '../catalog/importers/import-source.js';
import { configVersion } from '../config/config-version.js';
import { loadRankingConfig } from '../config/ranking-config.js';
import type { RankingConfig } from '../config/ranking-schema.js';
import {
  evaluate,
  type Evaluation,
  type EvaluationOptions,
  type Half,
  HALVES,
} from '../evaluation/evaluate.js';
import { settingsFromEnvironment } from '../config/settings.js';
import { OperatorError } from '../lib/errors.js';
import { visible } from '../lib/input/control-characters.js';
import { ALGORITHM_NAMES, type AlgorithmName } from '../evaluation/algorithms.js';
import type { Archive } from '../evaluation/archive.js';
import { type ArchiveIntake, readArchive } from '../evaluation/archive-builder.js';
import { countUpTo } from './count-argument.js';
import { evaluationTable } from './evaluate-table.js';
import { ProgressView } from './progress-view.js';
import { sampleArchive } from './sample-archive.js';
import { print, printNote } from './print.js';

interface EvaluateFlags {
  readonly sample: boolean;
  readonly algorithms: readonly AlgorithmName[];
  readonly split: number;
  readonly k: number;
  readonly limitUsers?: number;
  readonly half?: Half;
  readonly config?: string;
  readonly json: boolean;
}

interface OpenedArchive {
  readonly archive: Archive;
  readonly intake: ArchiveIntake;
  readonly names: readonly string[];
}

const SEED = 1;
const RESAMPLES = 1_000;
const TURN_EVERY_MS = 50;

const examples = `
Each interaction of the last part is judged right before it happened: all markets then open are ranked
for that person, from what was known by then, and the place of the market they chose is measured.
docs/evaluation.md says how exactly, and what the measures mean.

Examples:
  bellwether evaluate --sample
  bellwether evaluate export.jsonl.gz --algorithms popularity,v1,v2
  bellwether evaluate markets.jsonl interactions.jsonl --config tuned.yaml --limit-users 500 --json`;

/** `bellwether evaluate`: how well algorithms would have ranked what people chose. It needs no database. */
export function evaluateCommand(): Command {
  return new Command('evaluate')
    .description('Measure ranking algorithms on past interactions.')
    .argument(
      '[files...]',
      'markets and interactions as JSON lines in any order, plain or gzip; - is standard input',
    )
    .option('--sample', 'take the sample world instead of files', false)
    .option(
      '--algorithms <names>',
      `which, separated by commas: ${ALGORITHM_NAMES.join(', ')}`,
      algorithmNames,
      ALGORITHM_NAMES,
    )
    .option(
      '--split <share>',
      'share of the interactions, the earliest, that are only learned from',
      splitShare,
      0.8,
    )
    .option('--k <number>', 'how many first places count, 1–100', countUpTo(100), 10)
    .option(
      '--limit-users <number>',
      'judge the interactions of so many people only, drawn at random; all are learned from',
      countUpTo(1_000_000_000),
    )
    .addOption(
      new Option(
        '--half <name>',
        'judge one half of the people only: choose constants on a, report on b',
      ).choices(HALVES),
    )
    .option(
      '--config <file>',
      'ranking config; without it, the file named by BELLWETHER_CONFIG, else the default',
    )
    .option('--json', 'print the numbers as one JSON object', false)
    .addHelpText('after', examples)
    .action(run);
}

async function run(files: readonly string[], flags: EvaluateFlags): Promise<void> {
  const configFile = flags.config ?? settingsFromEnvironment().rankingConfigFile;
  const config = loadRankingConfig(configFile);
  const view = new ProgressView(process.stderr);
  try {
    const opened = await openArchive(files, flags, view);
    tellRejects(opened.intake);
    const options = {
      ...flags,
      limitUsers: flags.limitUsers,
      half: flags.half,
      seed: SEED,
      resamples: RESAMPLES,
    };
    const evaluation = await evaluateShown(opened.archive, config, options, view);
    view.end();
    if (flags.json) print(json(opened, evaluation, options, config));
    else print(evaluationTable(evaluation, opened.intake, flags.k));
  } finally {
    view.end();
  }
}

async function openArchive(
  files: readonly string[],
  { sample }: EvaluateFlags,
  view: ProgressView,
): Promise<OpenedArchive> {
  if (sample && files.length > 0) throw new OperatorError('Name files or say --sample, not both.');
  if (sample) return { ...sampleArchive(), names: ['sample'] };
  if (files.length === 0) {
    throw new OperatorError('Name a file with markets and interactions, or say --sample.');
  }
  const sources: ImportSource[] = [];
  try {
    for (const file of files) sources.push(await openImportSource(file, { stdin: process.stdin }));
    const read = await readArchive(sources, (share) => view.show('Reading', share));
    return { ...read, names: sources.map(({ name }) => name) };
  } finally {
    for (const source of sources) await source.close();
  }
}

/** Lets the progress be drawn, and a signal be heard, every now and then. */
async function evaluateShown(
  archive: Archive,
  config: RankingConfig,
  options: EvaluationOptions,
  view: ProgressView,
): Promise<Evaluation> {
  const steps = evaluate(archive, config, options);
  let turnAtMs = performance.now();
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (performance.now() < turnAtMs) continue;
    view.show('Judging', step.value);
    await nextTurn();
    turnAtMs = performance.now() + TURN_EVERY_MS;
  }
}

function tellRejects({ rejected, rejects }: ArchiveIntake): void {
  if (rejected === 0) return;
  printNote(`${rejected} records could not be used. The first of them:`);
  for (const { source, line, reason } of rejects)
    printNote(`  ${visible(source)}, line ${line}: ${visible(reason)}`);
}

function json(
  { intake, names }: OpenedArchive,
  { period, counts, skipped, results }: Evaluation,
  { algorithms, split, k, limitUsers, half, seed, resamples }: EvaluationOptions,
  config: RankingConfig,
): string {
  const at = (ms: number): string => new Date(ms).toISOString();
  const { rejects, ...read } = intake;
  return JSON.stringify(
    {
      files: names,
      configVersion: configVersion(config),
      options: { algorithms, split, k, limitUsers: limitUsers ?? null, half: half ?? null, seed, resamples },
      period: { from: at(period.fromMs), splitAt: at(period.splitAtMs), to: at(period.toMs) },
      read: { ...read, rejects },
      counts,
      skipped,
      results: results.map(({ algorithm, result }) => ({ algorithm, ...result })),
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
  if (new Set(known).size < known.length) throw new InvalidArgumentError('Each can be named once.');
  return known;
}

function splitShare(text: string): number {
  const share = /^\d*\.?\d+$/.test(text) ? Number(text) : NaN;
  if (!(share >= 0 && share < 1)) {
    throw new InvalidArgumentError('It must be a number from 0 to below 1, such as 0.8.');
  }
  return share;
}
