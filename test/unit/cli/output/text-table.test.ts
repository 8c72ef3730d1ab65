import { describe, expect, it } from 'vitest';
import { TextTable } from '../../../../src/cli/output/text-table.js';

const renderLines = (width?: number): string[] => {
  const table = new TextTable(
    {
      head: ['rank', 'market', 'score', 'trend'],
      colAligns: ['right', 'left', 'right', 'right'],
      optional: ['trend', 'score'],
    },
    width,
  );
  table.add([{ content: 'grid' }]);
  table.add([1, 'Will the central bank lower its rate this month?', '0.81', '0.35']);
  return table.toString().split('\n');
};

describe('TextTable', () => {
  it('has its full width if the terminal has no width', () => {
    expect(renderLines(Infinity).join('\n')).toContain(
      '│    1 │ Will the central bank lower its rate this month? │  0.81 │  0.35 │',
    );
  });

  it.each([60, 50, 40, 33])('fits %s columns', (width) => {
    for (const line of renderLines(width)) expect(line.length).toBeLessThanOrEqual(width);
  });

  it('wraps the widest column before it omits optional ones', () => {
    const [, head = ''] = renderLines(50);
    expect(head).toMatch(/rank.*market.*score.*trend/);
    expect(
      renderLines(50)
        .join(' ')
        .replaceAll(/[│\s]+/g, ' '),
    ).toMatch(/Will the central .*this month\?/);
  });

  it('omits the least important column first', () => {
    expect(renderLines(40)[1]).toMatch(/rank.*market.*score/);
    expect(renderLines(40)[1]).not.toMatch(/trend/);
    expect(renderLines(33)[1]).not.toMatch(/score|trend/);
  });
});
