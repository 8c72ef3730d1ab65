import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PIPELINES, STAGES } from '../../../src/feed/pipeline.js';

const docs = readFileSync('docs/algorithm-v2.md', 'utf8');

/** The first cells of the rows of the table under a header row. */
function firstCells(header: string): string[] {
  const [, table = ''] = docs.split(`${header}\n`);
  const [rows = ''] = table.split('\n\n');
  return Array.from(rows.matchAll(/^\| `?([^|`]+?)`? \|/gm), ([, cell = '']) => cell);
}

describe('the documentation of algorithm v2', () => {
  it('names the stages of the pipeline in order', () => {
    const spaced = (name: string) => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
    expect(firstCells('| stage | component | what it does |')).toEqual(STAGES.map(spaced));
  });

  it('names the filters in order', () => {
    expect(firstCells('| name | removes |')).toEqual(PIPELINES.v2.filter.map(({ name }) => name));
  });
});
