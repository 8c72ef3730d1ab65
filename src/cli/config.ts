import { Command } from 'commander';
import { configDifferences } from '../config/config-differences.js';
import { configVersion } from '../config/config-version.js';
import { printableRankingConfig } from '../config/printable-config.js';
import { defaultRankingText, loadRankingConfig } from '../config/ranking-config.js';
import { settingsFromEnvironment } from '../config/settings.js';
import { print } from './print.js';
import { TextTable } from './text-table.js';

const FILE = 'a ranking config; without it, that of BELLWETHER_CONFIG, else the default';

/** `bellwether config`: the ranking config, before it goes live. */
export function configCommand(): Command {
  return new Command('config')
    .description('Check, print and compare ranking configs. Needs no database and changes nothing.')
    .addCommand(
      new Command('check')
        .description(
          'Tell every fault of a ranking config, or its version; exits with 1 if there is a fault.',
        )
        .argument('[file]', FILE)
        .addHelpText('after', examples('config check ranking.yaml && cp ranking.yaml /etc/bellwether/'))
        .action(check),
    )
    .addCommand(
      new Command('print')
        .description('Print every value that a ranking config leads to, as YAML with comments.')
        .argument('[file]', FILE)
        .option('--defaults', 'print the default config, whatever the file says', false)
        .addHelpText('after', examples('config print ranking.yaml', 'config print --defaults | less'))
        .action(printConfig),
    )
    .addCommand(
      new Command('diff')
        .description('List the values that differ from the default, or between two ranking configs.')
        .argument('[file]', FILE)
        .argument(
          '[other]',
          'what to compare the file with; without it, the file is compared with the default',
        )
        .addHelpText('after', examples('config diff ranking.yaml', 'config diff running.yaml planned.yaml'))
        .action(diff),
    );
}

function examples(...lines: string[]): string {
  return `\nExamples:\n${lines.map((line) => `  bellwether ${line}`).join('\n')}`;
}

const chosen = (file: string | undefined): string | undefined =>
  file ?? settingsFromEnvironment().rankingConfigFile;

const called = (file: string | undefined): string => file ?? 'the default config';

function check(file: string | undefined): void {
  const name = chosen(file);
  const config = loadRankingConfig(name);
  const differing = configDifferences(loadRankingConfig(undefined), config).length;
  const differs = differing === 1 ? '1 value differs' : `${differing} values differ`;
  print(
    name === undefined
      ? `No file is named: the default config holds, version ${configVersion(config)}.`
      : `${name} is good: version ${configVersion(config)}, ${differs} from the default.`,
  );
}

function printConfig(file: string | undefined, { defaults }: { defaults: boolean }): void {
  const name = defaults ? undefined : chosen(file);
  const config = loadRankingConfig(name);
  const text = name === undefined ? defaultRankingText() : printableRankingConfig(config);
  print(`# version ${configVersion(config)} of ${called(name)}\n\n${text.trimEnd()}`);
}

function diff(file: string | undefined, other: string | undefined): void {
  const name = chosen(file);
  const [from, to] = other === undefined ? [undefined, name] : [name, other];
  const differences = configDifferences(loadRankingConfig(from), loadRankingConfig(to));
  if (differences.length === 0) {
    print(`No value differs between ${called(from)} and ${called(to)}.`);
    return;
  }
  const table = new TextTable({
    head: ['value', called(from), called(to)],
  });
  for (const difference of differences) {
    table.add([difference.path, shown(difference.from), shown(difference.to)]);
  }
  print(table.toString());
}

const shown = (value: unknown): string => (value === undefined ? '' : JSON.stringify(value));
