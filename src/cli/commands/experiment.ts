import { Command } from 'commander';
import { experimentsOf } from '../../config/experiments.js';
import type { Experiment } from '../../domain/experiment.js';
import { trafficAt } from '../../experiments/assignment/assign.js';
import { experimentReport, type ArmMetric, type ExperimentReport } from '../../experiments/report.js';
import { OperatorError } from '../../lib/errors.js';
import { withCommandBackend } from '../command-backend.js';
import { examplesHelp, parsedInstant } from '../command-options.js';
import { instant } from '../output/format.js';
import { print } from '../output/print.js';
import { TextTable } from '../output/text-table.js';

const DECIMALS = 5;

/** `bellwether experiment`: the experiments of the ranking config, and what their arms changed. */
export function experimentCommand(): Command {
  return new Command('experiment')
    .summary('list experiments, and compare their arms')
    .description('List the experiments of the ranking config, and compare their arms.')
    .addCommand(
      new Command('list')
        .summary('list the experiments')
        .description(
          'List the experiments of the ranking config, with the users whose feeds depend on their arm.',
        )
        .option('--json', 'print one JSON object per line')
        .addHelpText('after', examplesHelp('experiment list'))
        .action(list),
    )
    .addCommand(
      new Command('report')
        .summary('compare the arms of an experiment')
        .description(
          'Compare what the exposed users of each arm did, from their first exposure on, with the control. Only events that are still stored count.',
        )
        .argument('<name>', 'name of the experiment')
        .option('--from <instant>', 'first instant of exposures and events (ISO 8601)', parsedInstant, 0)
        .option('--to <instant>', 'instant before which they were (ISO 8601); by default, now', parsedInstant)
        .option('--json', 'print one JSON object')
        .addHelpText(
          'after',
          examplesHelp('experiment report more-exploration', 'experiment report more-exploration --json'),
        )
        .action(report),
    );
}

async function list({ json }: { json?: true }): Promise<void> {
  await withCommandBackend({ loadCatalog: false }, async ({ store, liveConfig }) => {
    const exposed = new Map((await store.experiments.exposed()).map((each) => [each.experiment, each]));
    const nowMs = Date.now();
    const experiments = experimentsOf(liveConfig.current.config).map((experiment) => {
      const { name, arms, traffic } = experiment;
      const exposures = exposed.get(name);
      return {
        ...{ name, status: statusOf(experiment, nowMs), traffic: trafficAt(traffic, nowMs) },
        arms: arms.map((arm) => arm.name),
        users: exposures?.users ?? 0,
        firstExposure: exposures?.first.toISOString() ?? null,
        lastExposure: exposures?.last.toISOString() ?? null,
      };
    });
    if (json) {
      for (const experiment of experiments) print(JSON.stringify(experiment));
      return;
    }
    if (experiments.length === 0) {
      print('The ranking config has no experiments. docs/experiments.md has an example.');
      return;
    }
    const table = new TextTable({
      head: ['experiment', 'status', 'traffic', 'arms', 'exposed users', 'last exposure'],
      colAligns: ['left', 'left', 'right', 'left', 'right', 'left'],
    });
    for (const { name, status, traffic, arms, users, lastExposure } of experiments)
      table.add([
        ...[name, status, `${Number((100 * traffic).toFixed(2))}%`, arms.join(', '), users],
        lastExposure === null ? '–' : instant(new Date(lastExposure)),
      ]);
    print(table.toString());
  });
}

function statusOf({ stopped, startMs, endMs }: Experiment, nowMs: number): string {
  if (stopped) return 'stopped';
  if (startMs !== null && nowMs < startMs) return 'not started';
  return endMs !== null && nowMs >= endMs ? 'ended' : 'running';
}

async function report(
  name: string,
  { from, to = Date.now(), json }: { from: number; to?: number; json?: true },
): Promise<void> {
  await withCommandBackend({ loadCatalog: false }, async ({ store, liveConfig }) => {
    const experiments = experimentsOf(liveConfig.current.config);
    const experiment = experiments.find((each) => each.name === name);
    if (experiment === undefined) {
      const names = experiments.map((each) => each.name);
      throw new OperatorError(
        names.length === 0
          ? 'The ranking config has no experiments.'
          : `The ranking config has no experiment "${name}". It has: ${names.join(', ')}.`,
      );
    }
    const period = { from: new Date(from), to: new Date(to) };
    const result = experimentReport(experiment, await store.experiments.sums(name, period), period);
    print(json ? JSON.stringify(result) : reportText(result));
  });
}

function reportText({ arms, users, usersOfSeveralArms, sampleRatio }: ExperimentReport): string {
  const [control, ...others] = arms;
  const counts = new TextTable({
    head: ['arm', 'weight', 'exposed users'],
    colAligns: ['left', 'right', 'right'],
  });
  for (const { arm, weight, users: own } of arms) counts.add([arm, weight, own]);
  const metrics = new TextTable({
    head: ['metric', 'arm', 'value', 'difference', '95% (one look)', '95% (any looks)', 'adjusted p'],
    colAligns: ['left', 'left', 'right', 'right', 'right', 'right', 'right'],
  });
  for (const [place, { metric, value }] of (control?.metrics ?? []).entries()) {
    metrics.add([metric, control?.arm ?? '', decimal(value), '', '', '', '']);
    for (const { arm, metrics: own } of others) {
      const ofArm = own[place];
      if (ofArm !== undefined) metrics.add(['', arm, decimal(ofArm.value), ...differenceCells(ofArm)]);
    }
  }
  const { chiSquare, pValue, sequentialPValue, isMismatch } = sampleRatio;
  return [
    counts.toString(),
    `${users} exposed users; ${usersOfSeveralArms} more were exposed to several arms and count in none.`,
    `Sample ratio: χ² ${chiSquare.toFixed(3)}, p ${pValue.toPrecision(3)} for one look, ${sequentialPValue.toPrecision(3)} for any number of looks.` +
      (isMismatch ? ' The arms do not have the users of their weights: do not trust the differences.' : ''),
    'Events per exposed user; rates per impression. Differences are absolute, with standard errors clustered by user.',
    metrics.toString(),
  ].join('\n\n');
}

function differenceCells({ difference }: ArmMetric): string[] {
  if (difference === null) return ['–', '–', '–', '–'];
  const { estimate, fixed, alwaysValid, adjustedPValue } = difference;
  const interval = ({ low, high }: { low: number; high: number }): string =>
    `${decimal(low)} … ${decimal(high)}`;
  return [decimal(estimate), interval(fixed), interval(alwaysValid), adjustedPValue.toPrecision(3)];
}

function decimal(value: number | null): string {
  return value === null ? '–' : value.toFixed(DECIMALS);
}
