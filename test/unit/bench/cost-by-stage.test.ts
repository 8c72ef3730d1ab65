import { describe, expect, it } from 'vitest';
import { costsOf, type CpuProfile } from '../../../bench/suite/cost-by-stage.ts';

interface Frame {
  readonly name: string;
  readonly url?: string;
  readonly micros?: number;
  readonly calls?: readonly Frame[];
}

/** A profile with one sample of each frame that has a time. */
function profileOf(root: Frame): CpuProfile {
  const nodes: { id: number; callFrame: CpuProfile['nodes'][0]['callFrame']; children: number[] }[] = [];
  const samples: number[] = [];
  const timeDeltas = [0];
  const add = ({ name, url = '', micros, calls = [] }: Frame): number => {
    const node = {
      id: nodes.length + 1,
      callFrame: { functionName: name, url, lineNumber: 0 },
      children: [] as number[],
    };
    nodes.push(node);
    if (micros !== undefined) {
      samples.push(node.id);
      timeDeltas.push(micros);
    }
    node.children = calls.map(add);
    return node.id;
  };
  add(root);
  return { nodes, samples, timeDeltas };
}

describe('costsOf', () => {
  const profile = profileOf({
    name: '(root)',
    calls: [
      { name: '(idle)', micros: 1_000 },
      { name: '(garbage collector)', micros: 50 },
      {
        name: 'onRead',
        url: 'node:internal/stream_base_commons',
        micros: 7,
        calls: [
          {
            name: 'score',
            url: 'file:///a/dist/feed/scorers/rows.js',
            micros: 100,
            calls: [
              { name: 'search', url: 'file:///a/dist/lib/binary-search.js', micros: 20 },
              { name: 'find', url: 'file:///a/dist/catalog/columns/dictionary.js', micros: 30 },
              { name: 'sort', micros: 5 },
              { name: 'query', url: 'file:///a/node_modules/pg/lib/client.js', micros: 3 },
            ],
          },
        ],
      },
      { name: 'refresh', url: 'file:///a/dist/catalog/catalog.js', micros: 40 },
    ],
  });

  it('gives code that stages share, and native code, to the stage that calls it', () => {
    const { stages } = costsOf(profile);
    const micros = Object.fromEntries(stages.map((stage) => [stage.name, stage.micros]));
    expect(micros).toEqual({
      ...{ HTTP: 7, score: 155, database: 3 },
      ...{ 'garbage collection': 50, 'catalog and trends': 40 },
    });
  });

  it('leaves idle time out, and names native functions by their caller', () => {
    const { functions, idleMicros } = costsOf(profile);
    expect(idleMicros).toBe(1_000);
    expect(functions[0]).toEqual({ name: 'score feed/scorers/rows.js:1', micros: 100 });
    expect(functions.map(({ name }) => name)).toContain('sort in score feed/scorers/rows.js:1');
    expect(functions.map(({ name }) => name)).not.toContain('(idle)');
  });
});
