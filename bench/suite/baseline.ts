/** Ratios of an earlier run, in bench/baseline.json, with which a release is compared. */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Report } from './suite.ts';

export interface Baseline {
  /** Where and when it was measured. */
  readonly machine: string;
  readonly date: string;
  readonly markets: number;
  readonly users: number;
  readonly connections: number;
  /** Medians by scenario and name. Absolute rates are left out, because they depend on the machine. */
  readonly ratios: Readonly<Record<string, number>>;
}

export interface Comparison {
  readonly name: string;
  readonly baseline: number;
  /** Undefined if it was not measured. */
  readonly measured: number | undefined;
  readonly verdict: 'same' | 'better' | 'worse' | 'missing';
}

/** A ratio may fall by this share of the baseline. */
export const TOLERANCE = 0.25;

const FILE = fileURLToPath(new URL('../baseline.json', import.meta.url));

/** @throws if there is none. */
export async function readBaseline(): Promise<Baseline> {
  const text = await readFile(FILE, 'utf8').catch(() => {
    throw new Error(
      'There is no bench/baseline.json. Run "npm run bench:check -- --update" on a quiet machine.',
    );
  });
  return JSON.parse(text) as Baseline;
}

export async function writeBaseline(baseline: Baseline): Promise<void> {
  await writeFile(FILE, `${JSON.stringify(baseline, null, 2)}\n`);
}

/** The medians of all ratios, by scenario and name. */
export function ratiosOf(
  reports: readonly { readonly scenario: string; readonly report: Pick<Report, 'ratios'> }[],
): Record<string, number> {
  return Object.fromEntries(
    reports.flatMap(({ scenario, report }) =>
      Object.entries(report.ratios).map(([name, { median }]) => [
        `${scenario}: ${name}`,
        Number(median.toPrecision(3)),
      ]),
    ),
  );
}

export function compareRatios(
  baseline: Readonly<Record<string, number>>,
  measured: Readonly<Record<string, number>>,
): Comparison[] {
  return Object.entries(baseline).map(([name, before]): Comparison => {
    const now = measured[name];
    if (now === undefined) return { name, baseline: before, measured: now, verdict: 'missing' };
    const change = now / before - 1;
    // A ratio that is not a number is worse.
    const verdict = change > TOLERANCE ? 'better' : change >= -TOLERANCE ? 'same' : 'worse';
    return { name, baseline: before, measured: now, verdict };
  });
}
