/**
 * `npm run bench:check`: measures the ratios of the scenarios feed and catalog-size and compares them with
 * bench/baseline.json, which `--update` writes. Exits with 1 if a ratio is more than 25% lower, or if a response was not right.
 */
import { Command } from 'commander';
import { TextTable } from '../dist/cli/output/text-table.js';
import { compareRatios, ratiosOf, readBaseline, TOLERANCE, writeBaseline } from './suite/baseline.ts';
import { short } from './suite/format.ts';
import { addRunOptions, type RunFlags } from './suite/options.ts';
import { runScenarios } from './suite/run-scenarios.ts';
import { catalogSize } from './suite/scenarios/catalog-size.ts';
import { feed } from './suite/scenarios/feed.ts';

const MARKETS = 2_000;

const command = new Command('bench:check').description(
  `Measure the ratios of the scenarios feed and catalog-size, and compare them with bench/baseline.json. Exits with 1 if one is more than ${100 * TOLERANCE}% lower, or if a response was an error, degraded, or not the right payload.`,
);
await addRunOptions(command)
  .option('--update', 'write the measured ratios to bench/baseline.json instead', false)
  .action(check)
  .parseAsync()
  .catch((error: unknown) => command.error(error instanceof Error ? error.message : String(error)));

async function check(flags: RunFlags & { readonly update: boolean }): Promise<void> {
  const { users, connections, update } = flags;
  const baseline = update ? undefined : await readBaseline();
  if (baseline !== undefined && (baseline.users !== users || baseline.connections !== connections)) {
    command.error(
      `The baseline is for --users ${baseline.users} --connections ${baseline.connections}. Give these, or --update.`,
    );
  }
  const options = { ...flags, markets: MARKETS, profile: false };
  const { machine, reports, ok } = await runScenarios([feed, catalogSize], options);
  if (!ok) command.error('The results are not valid: see the failures above.');
  const ratios = ratiosOf(reports);
  if (baseline === undefined) {
    const date = new Date().toISOString().slice(0, 10);
    await writeBaseline({ machine, date, markets: MARKETS, users, connections, ratios });
    console.log('Wrote bench/baseline.json. Commit it.');
    return;
  }
  const comparisons = compareRatios(baseline.ratios, ratios);
  console.log(`\nCompared with the baseline of ${baseline.date} (${baseline.machine})`);
  const table = new TextTable({ head: ['ratio', 'baseline', 'measured', 'verdict'] });
  for (const { name, baseline: before, measured, verdict } of comparisons) {
    table.add([name, short(before), measured === undefined ? '' : short(measured), verdict]);
  }
  console.log(table.toString());
  const failed = comparisons.filter(({ verdict }) => verdict === 'worse' || verdict === 'missing');
  if (failed.length > 0) {
    console.log(`${failed.length} ratios are worse or missing. If that is intended, run it with --update.`);
    process.exitCode = 1;
  } else if (comparisons.some(({ verdict }) => verdict === 'better')) {
    console.log('Some ratios are better. Run it with --update, so that later losses are noticed.');
  }
}
