/**
 * Generates the tables of docs/configuration.md, docs/limits.md, docs/commands.md, and docs/authentication.md between their
 * markers, from the config schema, the settings, the limits in the code, the command line, and the access policy. Run it
 * with `npm run docs`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createProgram } from '../dist/cli/command-line.js';
import { commandSections } from './docs/command-sections.ts';
import { rankingSections, settingsTable } from './docs/config-tables.ts';
import {
  listLimits,
  operationCosts,
  operationLimits,
  textLimits,
  transportLimits,
} from './docs/limit-tables.ts';
import { policyTable } from './docs/policy-table.ts';

const PAGES: Readonly<Record<string, Readonly<Record<string, () => string>>>> = {
  'docs/authentication.md': { policy: policyTable },
  'docs/configuration.md': { settings: settingsTable, ranking: rankingSections },
  'docs/limits.md': {
    operations: operationLimits,
    costs: operationCosts,
    lists: listLimits,
    texts: textLimits,
    transport: transportLimits,
  },
  'docs/commands.md': { commands: () => commandSections(createProgram()) },
};

const START = /<!-- generated \(npm run docs\): (\w+) -->/;

interface GeneratedPage {
  readonly file: string;
  readonly current: string;
  readonly generated: string;
}

/** Returns each page as it is and as it should be. */
export function generatePages(): GeneratedPage[] {
  return Object.entries(PAGES).map(([file, parts]) => {
    const current = readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
    const missing = new Set(Object.keys(parts));
    const generated = current.replace(
      new RegExp(`(${START.source})[^]*?(<!-- end -->)`, 'g'),
      (_, start: string, name: string, end: string) => {
        const render = parts[name];
        if (render === undefined) throw new Error(`${file} has a marker for an unknown part: ${name}.`);
        missing.delete(name);
        return `${start}\n\n${render().trim()}\n\n${end}`;
      },
    );
    if (missing.size > 0) throw new Error(`${file} has no markers for: ${[...missing].join(', ')}.`);
    return { file, current, generated };
  });
}

if (import.meta.main) {
  for (const { file, generated } of generatePages()) {
    writeFileSync(new URL(`../${file}`, import.meta.url), generated);
  }
}
