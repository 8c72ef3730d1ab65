import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createProgram } from '../../../src/cli/command-line.js';

/** The sections of docs/commands.md by their headings. */
const sections = readFileSync(new URL('../../../docs/commands.md', import.meta.url), 'utf8')
  .split(/^## /m)
  .slice(1)
  .map((section) => ({ heading: section.slice(0, section.indexOf('\n')), text: section }));

const commands = createProgram().commands.flatMap((command) =>
  command.commands.length === 0
    ? [{ name: command.name(), command }]
    : command.commands.map((child) => ({ name: `${command.name()} ${child.name()}`, command: child })),
);

describe('docs/commands.md', () => {
  it.each(commands)('describes $name with every option', ({ name, command }) => {
    const section = sections.find(({ heading }) => heading.split(', ').includes(name));
    expect(section?.text).toBeDefined();
    for (const { flags, description } of command.options) {
      expect(description, `--help on ${flags}`).not.toBe('');
      expect(section?.text).toContain(`\`${flags}\``);
    }
  });

  it('describes no option that does not exist', () => {
    const known = commands.flatMap(({ command }) => command.options.map(({ flags }) => flags));
    const described = sections.flatMap(({ text }) =>
      [...text.matchAll(/^\| `(--[^`]+)`/gm)].map(([, flags]) => flags),
    );
    expect(described.filter((flags) => !known.includes(flags ?? ''))).toEqual([]);
  });
});
