import { InvalidArgumentError } from 'commander';
import { parseInstant } from '../catalog/importers/formats/record-fields.js';
import { settingDocs } from '../config/settings.js';

/** Parses an option value that must be a whole number from 1 to `max`. */
export function wholeNumberUpTo(max: number): (text: string) => number {
  return (text) => {
    const number = /^\d+$/.test(text) ? Number(text) : NaN;
    if (!(number >= 1 && number <= max)) {
      throw new InvalidArgumentError(`It must be a whole number from 1 to ${max}.`);
    }
    return number;
  };
}

/** Parses an option value that must be a time. @returns milliseconds since 1970. */
export function parsedInstant(text: string): number {
  const ms = parseInstant(text);
  if (ms === undefined) {
    throw new InvalidArgumentError('It must be a time in ISO 8601, such as 2025-06-20T00:00:00Z.');
  }
  return ms;
}

/** Formats examples for the end of a help text. Each is a command line without the leading `bellwether`. */
export function examplesHelp(...examples: readonly string[]): string {
  const title = examples.length === 1 ? 'Example' : 'Examples';
  return `\n${title}:\n${examples.map((example) => `  bellwether ${example}`).join('\n')}`;
}

/** Lists the environment settings for the help text of `serve` and `worker`. */
export function settingsHelp(): string {
  const width = Math.max(...settingDocs.map(([name]) => name.length));
  const lines = settingDocs.map(([name, fallback, meaning]) => {
    const suffix = fallback === '' ? '' : ` (default: ${fallback})`;
    return `  ${name.padEnd(width)}  ${meaning}${suffix}`;
  });
  return `\nEnvironment variables:\n${lines.join('\n')}`;
}
