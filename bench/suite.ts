/**
 * `npm run bench`: measures the gateway as a site uses it, and says how it relates to servers that return a constant
 * response. docs/performance.md explains what is measured and how to read it.
 */
import { writeFile } from 'node:fs/promises';
import { Argument, Command } from 'commander';
import { addRunOptions, between, type RunFlags } from './suite/options.ts';
import { runScenarios } from './suite/run-scenarios.ts';
import { catalogSize } from './suite/scenarios/catalog-size.ts';
import { events } from './suite/scenarios/events.ts';
import { feed } from './suite/scenarios/feed.ts';
import { overload } from './suite/scenarios/overload.ts';
import { memory } from './suite/scenarios/memory.ts';
import { rate } from './suite/scenarios/rate.ts';
import { security } from './suite/scenarios/security.ts';
import type { Scenario } from './suite/suite.ts';

const SCENARIOS: readonly Scenario[] = [feed, catalogSize, overload, rate, events, memory, security];

const ALL = 'all';

interface Flags extends RunFlags {
  readonly markets: number;
  readonly profile: boolean;
  readonly json: string;
}

const command = new Command('bench')
  .description(
    'Measure the gateway next to servers with a constant response. Each server, the load, and PostgreSQL are processes of ' +
      'their own; runs are interleaved. Exits with 1 if a response was an error, degraded, or not the right payload.',
  )
  .addArgument(
    new Argument('[scenarios...]', 'what to measure; all: everything')
      .choices([...SCENARIOS.map(({ name }) => name), ALL])
      .default(['feed'], 'feed'),
  )
  .option('--markets <number>', 'open markets, 100–50000; not of catalog-size', between(100, 50_000), 2_000);
await addRunOptions(command)
  .option('--profile', 'scenario feed: also print the cost of a feed by stage, from a CPU profile', false)
  .option('--json <file>', 'where to write the results as JSON', 'bench-results.json')
  .addHelpText(
    'after',
    `
Scenarios:
${SCENARIOS.map(({ name, description }) => `  ${name.padEnd(14)} ${description}`).join('\n')}

A run of overload lasts 3 times --seconds, that of rate 6 times. On first use, the servers to compare with are installed into
bench/node_modules, and databases are built: a minute for 2,000 markets, some minutes for 50,000.

Examples:
  npm run bench
  npm run bench -- --profile --rounds 3
  npm run bench -- overload rate --markets 20000
  npm run bench -- memory --markets 20000 --users 100000
  npm run bench -- all --json ../results.json`,
  )
  .action(run)
  .parseAsync();

async function run(names: readonly string[], flags: Flags): Promise<void> {
  const started = new Date();
  const chosen = SCENARIOS.filter(({ name }) => names.includes(name) || names.includes(ALL));
  const { machine, reports, ok } = await runScenarios(chosen, flags);
  const { markets, users, connections, rounds, seconds } = flags;
  const options = { markets, users, connections, rounds, seconds };
  await writeFile(flags.json, JSON.stringify({ machine, started, options, reports, ok }, null, 2));
  const missed = reports.flatMap(({ report }) => report.targets).filter(({ met }) => !met);
  console.log(missed.length === 0 ? 'All targets are met.' : `${missed.length} targets are missed.`);
  console.log(`The numbers are in ${flags.json}.`);
  if (!ok) {
    console.log('The results are not valid: see the failures above.');
    process.exitCode = 1;
  }
}
