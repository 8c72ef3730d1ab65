/**
 * `npm run bench:year`: builds the state of a site after a year (see `bench/year/build-state.ts`) and measures on it what
 * docs/scaling.md lists. Gateway, PostgreSQL and load share the machine.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { TextTable } from '../dist/cli/output/text-table.js';
import { openState } from './year/build-state.ts';
import { describeMachine } from './year/machine.ts';
import { catalog } from './year/measure-catalog.ts';
import { events } from './year/measure-events.ts';
import { growth } from './year/measure-growth.ts';
import { mixed } from './year/measure-mixed.ts';
import { burst, overload } from './year/measure-overload.ts';
import { profileBytes } from './year/measure-profile-bytes.ts';
import { trends } from './year/measure-trends.ts';
import { upkeep } from './year/measure-upkeep.ts';
import { walPerEvent } from './year/measure-wal.ts';
import type { Measurement, Result } from './year/result.ts';
import { sizeOf } from './year/size.ts';

const MEASUREMENTS: readonly Measurement[] = [
  ...[profileBytes, walPerEvent, events, burst, overload],
  ...[catalog, growth, upkeep, trends, mixed],
];

interface Flags {
  readonly scale: number;
  readonly dataDir?: string;
  readonly keep: boolean;
  readonly only: readonly Measurement[];
  readonly minutes: number;
  readonly seconds: number;
  readonly json: string;
}

await new Command('bench:year')
  .description('Build the state of a site after a year and measure the gateway on it.')
  .option(
    '--scale <number>',
    'size of the state, 0.001–1; 1 is 1,000,000 users, 50,000 open markets of 400,000 and 8,640,000 events in 24 hours',
    between(0.001, 1),
    0.1,
  )
  .option(
    '--data-dir <folder>',
    'where the state is; it is built there if missing, and kept. Default: a temporary folder',
  )
  .option('--keep', 'keep the temporary folder', false)
  .addOption(
    new Option('--only <names>', 'measurements to take, separated by commas')
      .argParser(named)
      .default(MEASUREMENTS, 'all'),
  )
  .option('--minutes <number>', 'length of the mixed load, 0.1–60', between(0.1, 60), 10)
  .option('--seconds <number>', 'length of each other load, 1–600', between(1, 600), 10)
  .option('--json <file>', 'where to write the results as JSON', 'bench-year.json')
  .addHelpText(
    'after',
    `
Measurements:
${MEASUREMENTS.map(({ name, description }) => `  ${name.padEnd(14)} ${description}`).join('\n')}

Scale 1 takes some 20 GB of disk and half an hour to build. The 29 days before the last have one event in 20.

Examples:
  npm run bench:year -- --scale 0.01 --seconds 3 --minutes 1
  npm run bench:year -- --data-dir ../year --only wal,burst`,
  )
  .action(run)
  .parseAsync();

async function run(flags: Flags): Promise<void> {
  const dataDir = flags.dataDir ?? (await mkdtemp(path.join(tmpdir(), 'bellwether-year-')));
  try {
    const state = await openState(path.resolve(dataDir), sizeOf(flags.scale));
    const machine = await describeMachine(state.dataDir);
    console.log(`\n${machine}`);
    const { users, markets, eventsOfDay, eventsOfEarlierDay } = state.size;
    const count = (value: number): string => value.toLocaleString('en');
    console.log(
      `Scale ${flags.scale}: ${count(users)} users, ${count(state.catalog.open.length)} open markets of ${count(markets)}, ` +
        `${count(eventsOfDay)} events in 24 hours and ${count(eventsOfEarlierDay)} a day in the 29 days before\n`,
    );
    const all: { measurement: string; results: Result[] }[] = [];
    for (const { name, description, run: measure } of flags.only) {
      console.log(`${name}: ${description}`);
      const results = await measure(state, flags);
      all.push({ measurement: name, results });
      console.log(tableOf(results));
      await writeFile(flags.json, JSON.stringify({ machine, scale: flags.scale, all }, null, 2));
    }
    const missed = all.flatMap(({ results }) => results).filter(({ met }) => met === false);
    console.log(missed.length === 0 ? 'All targets are met.' : `${missed.length} targets are missed.`);
  } finally {
    if (flags.dataDir !== undefined || flags.keep) console.log(`The state is in ${dataDir}.`);
    else await rm(dataDir, { recursive: true, force: true });
  }
}

function tableOf(results: readonly Result[]): string {
  const table = new TextTable({ head: ['measured', 'result', 'target', 'met'], optional: ['met'] });
  for (const { what, value, target, met } of results) {
    table.add([what, value, target ?? '', met === undefined ? '' : met ? 'yes' : 'NO']);
  }
  return table.toString();
}

function between(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a number from ${least} to ${most}.`);
  };
}

function named(text: string): Measurement[] {
  return text.split(',').map((name) => {
    const found = MEASUREMENTS.find((measurement) => measurement.name === name.trim());
    if (found === undefined) throw new InvalidArgumentError(`There is no measurement "${name.trim()}".`);
    return found;
  });
}
