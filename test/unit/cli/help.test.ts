import { describe, expect, it } from 'vitest';
import { createProgram } from '../../../src/cli/command-line.js';

const program = createProgram();
const leaves = program.commands.flatMap((command) =>
  command.commands.length === 0 ? [command] : [...command.commands],
);

describe('--help', () => {
  it('lists every command with a summary', () => {
    const help = program.helpInformation();
    for (const command of program.commands) {
      expect(command.summary(), command.name()).not.toBe('');
      expect(help).toMatch(new RegExp(`^ {2}${command.name()}\\b.* ${command.summary().slice(0, 10)}`, 'm'));
    }
  });

  it('describes every argument and option of every command', () => {
    for (const command of leaves) {
      expect(command.description(), command.name()).toMatch(/\.$/);
      for (const { flags, description } of command.options) expect(description, flags).not.toBe('');
      for (const argument of command.registeredArguments) {
        expect(argument.description, `${command.name()} ${argument.name()}`).not.toBe('');
      }
    }
  });
});
