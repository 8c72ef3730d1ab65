import type { Command, Option } from 'commander';
import { table } from './table.ts';

/** Pages with more about a command. */
const SEE_ALSO: Readonly<Record<string, string>> = {
  worker: '[jobs.md](jobs.md)',
  import: '[import.md](import.md)',
  'profile rebuild': '[tracking.md](tracking.md)',
  evaluate: '[evaluation.md](evaluation.md)',
  'job list': '[jobs.md](jobs.md)',
  'model list': '[model-card.md](model-card.md)',
  'model show': '[model-card.md](model-card.md)',
  'outbox list': '[sinks.md](sinks.md)',
  'outbox drop': '[sinks.md](sinks.md)',
  'config check': '[configuration.md](configuration.md#checking-a-file)',
};

/** One section for each command that can be run, with its arguments and options. */
export function commandSections(program: Command): string {
  return program.commands
    .flatMap((command) =>
      command.commands.length === 0
        ? [section(command.name(), command)]
        : command.commands.map((child) => section(`${command.name()} ${child.name()}`, child)),
    )
    .join('\n\n');
}

function section(name: string, command: Command): string {
  const seeAlso = SEE_ALSO[name] === undefined ? '' : ` See ${SEE_ALSO[name]}.`;
  const rows = [
    ...command.registeredArguments.map((argument) => [
      `\`${argument.required ? `<${argument.name()}>` : `[${argument.name()}${argument.variadic ? '...' : ''}]`}\``,
      argument.required ? 'required' : '',
      argument.description,
    ]),
    ...command.options.map((option) => [`\`${option.flags}\``, defaultOf(option), meaningOf(option)]),
  ];
  return [
    `## ${name}`,
    `${command.description()}${seeAlso}`,
    ...(rows.length === 0 ? [] : [table(['argument or option', 'default', 'meaning'], rows)]),
  ].join('\n\n');
}

function defaultOf(option: Option): string {
  if (option.mandatory) return 'required';
  if (option.negate || option.defaultValue === undefined) return '';
  return option.defaultValueDescription ?? String(option.defaultValue);
}

/** The choices belong to the meaning. */
function meaningOf({ description, argChoices }: Option): string {
  const choices = argChoices?.map((choice) => `\`${choice}\``).join(', ');
  return escaped(choices === undefined ? description : `${description}: ${choices}`);
}

/** Angle brackets in text would be read as HTML. */
const escaped = (text: string): string => text.replaceAll(/<[\w.-]+>\S*/g, (match) => `\`${match}\``);
