import { describe, expect, it } from 'vitest';
import { TextTable } from '../../../src/cli/text-table.js';

const table = (width?: number): string[] => {
  const made = new TextTable(
    {
      head: ['rank', 'market', 'score', 'trend'],
      colAligns: ['right', 'left', 'right', 'right'],
      optional: ['trend', 'score'],
    },
    width,
  );
  made.add([{ content: 'grid' }]);
  made.add([1, 'Will the central bank lower its rate this month?', '0.81', '0.35']);
  return made.toString().split('\n');
};

describe('a table', () => {
  it('has its full width where output is not a terminal', () => {
    expect(table(Infinity).join('\n')).toContain(
      '│    1 │ Will the central bank lower its rate this month? │  0.81 │  0.35 │',
    );
  });

  it.each([60, 50, 40, 33])('fits %s columns', (width) => {
    for (const line of table(width)) expect(line.length).toBeLessThanOrEqual(width);
  });

  it('wraps the widest column before it leaves out optional ones', () => {
    const [, head = ''] = table(50);
    expect(head).toMatch(/rank.*market.*score.*trend/);
    expect(
      table(50)
        .join(' ')
        .replaceAll(/[│\s]+/g, ' '),
    ).toMatch(/Will the central .*this month\?/);
  });

  it('leaves out the least important column first', () => {
    expect(table(40)[1]).toMatch(/rank.*market.*score/);
    expect(table(40)[1]).not.toMatch(/trend/);
    expect(table(33)[1]).not.toMatch(/score|trend/);
  });
});
