import { Command } from 'commander';
import { configDifferences, configVersion } from '../../config/config-values.js';
import {
  defaultRankingText,
  loadRankingConfig,
  printableRankingConfig,
} from '../../config/ranking-config.js';
import { settingsFromEnvironment } from '../../config/settings.js';
import { examplesHelp } from '../command-options.js';
import { print } from '../output/print.js';
import { TextTable } from '../output/text-table.js';

const FILE_HELP = 'ranking config; if omitted, the file of BELLWETHER_CONFIG, else the default';

/** `bellwether config`: checks, prints and compares ranking configs before they are used. */
export function configCommand(): Command {
  return new Command('config')
    .summary('check, print and compare ranking configs')
    .description(
      'Check, print and compare ranking configs. These commands need no database and change nothing.',
    )
    .addCommand(
      new Command('check')
        .summary('check a ranking config')
        .description('Print every error of a ranking config and exit with 1, or print its version.')
        .argument('[file]', FILE_HELP)
        .addHelpText('after', examplesHelp('config check ranking.yaml && cp ranking.yaml /etc/bellwether/'))
        .action(check),
    )
    .addCommand(
      new Command('print')
        .summary('print a complete ranking config')
        .description('Print every value of a ranking config, including defaults, as YAML with comments.')
        .argument('[file]', FILE_HELP)
        .option('--defaults', 'print the default config instead')
        .addHelpText('after', examplesHelp('config print ranking.yaml', 'config print --defaults | less'))
        .action(printConfig),
    )
    .addCommand(
      new Command('diff')
        .summary('compare ranking configs')
        .description('List the values that differ from the default, or between two ranking configs.')
        .argument('[file]', FILE_HELP)
        .argument('[other]', 'config to compare with; if omitted, the default')
        .addHelpText(
          'after',
          examplesHelp('config diff ranking.yaml', 'config diff current.yaml planned.yaml'),
        )
        .action(diff),
    );
}

/** The file to read; undefined means the default config. */
const selectedFile = (file: string | undefined): string | undefined =>
  file ?? settingsFromEnvironment().rankingConfigFile;

const displayName = (file: string | undefined): string => file ?? 'the default config';

function check(file: string | undefined): void {
  const selected = selectedFile(file);
  const config = loadRankingConfig(selected);
  const count = configDifferences(loadRankingConfig(undefined), config).length;
  const difference = count === 1 ? '1 value differs' : `${count} values differ`;
  print(
    selected === undefined
      ? `No file is configured. The default config is used, version ${configVersion(config)}.`
      : `${selected} is valid: version ${configVersion(config)}, ${difference} from the default.`,
  );
}

function printConfig(file: string | undefined, { defaults }: { defaults?: true }): void {
  const selected = defaults ? undefined : selectedFile(file);
  const config = loadRankingConfig(selected);
  const text = selected === undefined ? defaultRankingText() : printableRankingConfig(config);
  print(`# version ${configVersion(config)} of ${displayName(selected)}\n\n${text.trimEnd()}`);
}

function diff(file: string | undefined, other: string | undefined): void {
  const selected = selectedFile(file);
  const [from, to] = other === undefined ? [undefined, selected] : [selected, other];
  const differences = configDifferences(loadRankingConfig(from), loadRankingConfig(to));
  if (differences.length === 0) {
    print(`No value differs between ${displayName(from)} and ${displayName(to)}.`);
    return;
  }
  const table = new TextTable({ head: ['value', displayName(from), displayName(to)] });
  for (const difference of differences) {
    table.add([difference.path, formatted(difference.from), formatted(difference.to)]);
  }
  print(table.toString());
}

/** A config value as a table cell; empty if the config does not have it. */
const formatted = (value: unknown): string => (value === undefined ? '' : JSON.stringify(value));
