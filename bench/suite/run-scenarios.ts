/** Runs scenarios one after the other and prints what they report. */
import { cpus, loadavg, totalmem } from 'node:os';
import { ProgressBar } from '../../dist/cli/output/progress-bar.js';
import { TextTable } from '../../dist/cli/output/text-table.js';
import { pinSelf, planCores } from './cores.ts';
import { LoadProcess } from './load.ts';
import { Suite, type Report, type Scenario, type SuiteOptions } from './suite.ts';

export interface SuiteResult {
  readonly machine: string;
  readonly reports: readonly { readonly scenario: string; readonly report: Report }[];
  /** Whether every response was right. */
  readonly ok: boolean;
}

/** A load average per core above which results say little, before the suite begins. */
const BUSY_MACHINE = 0.25;

export async function runScenarios(
  scenarios: readonly Scenario[],
  options: SuiteOptions & { readonly pin: boolean },
): Promise<SuiteResult> {
  const cores = await planCores(options.pin);
  const machine = describeMachine();
  console.log(machine);
  console.log(cores.description);
  await pinSelf(cores);
  const load = new LoadProcess(cores);
  const bar = new ProgressBar(process.stderr);
  const suite = new Suite(options, { cores, load, bar });
  const reports: { scenario: string; report: Report }[] = [];
  let ok = true;
  try {
    for (const scenario of scenarios) {
      console.log(`\n${scenario.name}: ${scenario.description}`);
      const report = await scenario.run(suite);
      print(report);
      reports.push({ scenario: scenario.name, report });
      ok = printProblems(suite) && ok;
    }
  } finally {
    bar.end();
    await load.close();
  }
  return { machine, reports, ok };
}

/** Prints the problems of a scenario, and forgets them. @returns whether there were none. */
function printProblems({ problems, warnings }: Suite): boolean {
  for (const warning of warnings) console.log(`Warning: ${warning}`);
  for (const [problem, { count, example }] of problems) {
    console.log(`Failed: ${problem} (${count} times)${example === '' ? '' : `, such as ${example}`}`);
  }
  const ok = problems.size === 0;
  warnings.clear();
  problems.clear();
  return ok;
}

function describeMachine(): string {
  const [cpu] = cpus();
  const [load = 0] = loadavg();
  const busy =
    load > BUSY_MACHINE * cpus().length
      ? ` Busy: load average ${load.toFixed(1)} before the first run, so only ratios mean something.`
      : '';
  return (
    `${cpu?.model.trim() ?? 'unknown processor'}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GB; ` +
    `Node ${process.versions.node}; ${process.platform}.${busy}`
  );
}

function print({ head, rows, notes, targets }: Report): void {
  const table = new TextTable({ head: [...head] });
  for (const row of rows) table.add(row);
  console.log(table.toString());
  for (const note of notes) console.log(note);
  if (targets.length === 0) return;
  const met = new TextTable({ head: ['measured', 'result', 'target', 'met'] });
  for (const { what, value, target, met: isMet } of targets)
    met.add([what, value, target, isMet ? 'yes' : 'NO']);
  console.log(met.toString());
}
