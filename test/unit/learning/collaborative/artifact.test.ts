import { describe, expect, it } from 'vitest';
import { modelOf, packArtifact, unpackArtifact } from '../../../../src/learning/collaborative/artifact.js';
import { EngagementCollector } from '../../../../src/learning/collaborative/engagement-collector.js';
import { trainCollaborative, type MethodOptions } from '../../../../src/learning/collaborative/training.js';

const ALS = {
  method: 'als',
  als: { factors: 3, regularization: 0.01, alpha: 10, iterations: 9, seed: 1 },
} as const;
const GRAPH = {
  method: 'graph',
  graph: { filter: 'linear', normalization: 0.5, power: 1, neighbors: 5 },
} as const;

/** Users 0 and 1 engaged with a and b, user 2 with b and c. */
const input = (options: MethodOptions, candidates: Uint8Array | null = null) => ({
  ...{ users: Int32Array.of(0, 0, 1, 1, 2, 2), items: Int32Array.of(0, 1, 0, 1, 1, 2), userCount: 3 },
  ...{ markets: ['a', 'b', 'c'], options, candidates, previous: null },
});

describe.each([ALS, GRAPH])('a model by $method', (options) => {
  const { artifact, pairs } = trainCollaborative(input(options));

  it('is the same bytes for the same input, and after it is unpacked and packed', () => {
    expect(pairs).toBe(6);
    expect(trainCollaborative(input(options)).artifact).toEqual(artifact);
    expect(packArtifact(unpackArtifact(artifact.slice()))).toEqual(artifact);
  });

  it('is rejected if it is cut off, longer, or in another format', () => {
    for (const length of [0, 3, 40, artifact.length - 1])
      expect(() => unpackArtifact(artifact.slice(0, length))).toThrow(RangeError);
    expect(() => unpackArtifact(Uint8Array.from([...artifact, 0]))).toThrow('after its last section');
    const text = Buffer.from(artifact).toString('latin1').replace('"format":1', '"format":2');
    expect(() => unpackArtifact(new Uint8Array(Buffer.from(text, 'latin1')))).toThrow('unknown format');
  });

  it('prefers the market of users with the same engagements, and knows no others', () => {
    const model = modelOf(unpackArtifact(artifact));
    expect(['a', 'b', 'c', 'd'].map((id) => model.itemOf(id))).toEqual([0, 1, 2, undefined]);
    const user = model.foldIn([0]);
    const [a, b, c] = [0, 1, 2].map((item) => user.preferenceFor(item)) as [number, number, number];
    expect(a).toBe(0);
    expect(b).toBeGreaterThan(c);
    expect(b).toBeLessThanOrEqual(1);
    expect(model.foldIn([2]).preferenceFor(0)).toBeLessThan(b);
    expect(model.foldIn([0]).preferenceFor(1)).toBe(b);
  });
});

describe('a graph filter', () => {
  it('has the sums of the normalized matrix, by hand', () => {
    const model = modelOf(unpackArtifact(trainCollaborative(input(GRAPH)).artifact));
    // a and b share two users of two markets: 2 · 1/2 / √(2 · 3). b and c share one: 1/2 / √(3 · 1).
    const [ab, bc] = [1 / Math.sqrt(6), 0.5 / Math.sqrt(3)];
    // The mean of the highest sums: none for users 0 and 1 but c, and a for user 2.
    const scale = (bc + bc + ab) / 3;
    expect(model.foldIn([0]).preferenceFor(1)).toBeCloseTo(ab / (ab + scale), 4);
    expect(model.foldIn([0, 1]).preferenceFor(2)).toBeCloseTo(bc / (bc + scale), 4);
    expect(model.foldIn([0]).preferenceFor(2)).toBe(0);
  });

  it('has neighbors among the candidates only', () => {
    const { artifact } = trainCollaborative(input(GRAPH, Uint8Array.of(0, 0, 1)));
    const model = modelOf(unpackArtifact(artifact));
    expect(model.foldIn([0]).preferenceFor(1)).toBe(0);
    expect(model.foldIn([1]).preferenceFor(2)).toBeGreaterThan(0);
  });
});

describe('a training from an earlier model', () => {
  it('starts from the factors of the markets that both have', () => {
    const previous = trainCollaborative(input(ALS)).artifact;
    const renamed = { ...input(ALS), markets: ['b', 'c', 'd'], previous };
    expect(trainCollaborative(renamed).artifact).not.toEqual(
      trainCollaborative({ ...renamed, previous: null }).artifact,
    );
  });
});

describe('EngagementCollector', () => {
  it('keeps the first users, markets and engagements within the limits', () => {
    const collector = new EngagementCollector({ maxUsers: 2, maxMarkets: 2, maxEngagements: 4 });
    for (const [user, market] of [
      ['u', 'a'],
      ['v', 'b'],
      ['w', 'a'],
      ['u', 'c'],
      ['u', 'b'],
      ['v', 'a'],
      ['v', 'b'],
    ] as const)
      collector.add(user, market);
    expect(collector.isFull).toBe(true);
    expect(collector.collected()).toEqual({
      ...{ users: Int32Array.of(0, 1, 0, 1), items: Int32Array.of(0, 1, 1, 0) },
      ...{ userCount: 2, markets: ['a', 'b'] },
    });
  });
});
