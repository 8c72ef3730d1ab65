import { describe, expect, it } from 'vitest';
import { generateSplit, type Split } from '../../../../bench/cf/block-model.ts';
import { recallAt } from '../../../../bench/cf/recall.ts';
import { trainAls } from '../../../../src/learning/collaborative/als.js';
import { modelOf, unpackArtifact } from '../../../../src/learning/collaborative/artifact.js';
import { interactionsOf } from '../../../../src/learning/collaborative/interactions.js';
import { trainCollaborative, type MethodOptions } from '../../../../src/learning/collaborative/training.js';
import { binaryMatrix, denseAls, denseFilter, product } from '../../../support/dense-solvers.js';

const split = generateSplit({ users: 240, items: 180, interactions: 6_000, blocks: 12, seed: 7 });
const preferences = binaryMatrix(split.train, split.items);
const als = { factors: 12, regularization: 0.01, alpha: 10, iterations: 8, seed: 3 };
const popularity = preferences.reduce((sums, row) => sums.map((sum, item) => sum + (row[item] as number)));

function pairsOf({ train }: Split) {
  return {
    users: Int32Array.from(train.flatMap((items, user) => items.map(() => user))),
    items: Int32Array.from(train.flat()),
  };
}

/** Recall@20 of a model that is trained, packed, and unpacked, with each user folded in. */
function recallOf(options: MethodOptions): number {
  const { artifact } = trainCollaborative({
    ...{ ...pairsOf(split), userCount: split.train.length, options, candidates: null, previous: null },
    markets: Array.from({ length: split.items }, (_, item) => `m${item}`),
  });
  const model = modelOf(unpackArtifact(artifact));
  return recallAt(20, split, (user, scores) => {
    const folded = model.foldIn(split.train[user] ?? []);
    for (let item = 0; item < scores.length; item += 1) scores[item] = folded.preferenceFor(item);
  });
}

function recallOfMatrix(scoreOf: readonly (readonly number[])[]): number {
  return recallAt(20, split, (user, scores) => {
    scores.set(scoreOf[user] ?? []);
  });
}

/** Both are far above popularity, so that the comparison proves something. */
const byPopularity = recallOfMatrix(preferences.map(() => popularity));

describe('Recall@20 on a generated block model', () => {
  it('of ALS is within 5% of ALS with exact dense solves', () => {
    const { users, items } = pairsOf(split);
    const interactions = interactionsOf(users, items, { users: split.train.length, items: split.items });
    const { values } = trainAls(interactions, { ...als, iterations: 0 }).items;
    const first = Array.from({ length: split.items }, (_, item) => [
      ...values.subarray(item * als.factors, (item + 1) * als.factors),
    ]);
    const exact = recallOfMatrix(denseAls(preferences, als, first));
    const trained = recallOf({ method: 'als', als });
    expect(Math.abs(trained / exact - 1)).toBeLessThan(0.05);
    expect(exact).toBeGreaterThan(1.3 * byPopularity);
  });

  it.each([
    ['linear', 0.6, 0.7],
    ['linear', 0.5, 1],
    ['quadratic', 0.5, 1],
    ['cubic', 0.6, 1],
  ] as const)(
    'of the %s filter (%d, %d) is near that of its dense polynomial, within 5 in 100',
    (filter, normalization, power) => {
      const graph = { filter, normalization, power, neighbors: 60 };
      const exact = recallOfMatrix(product(preferences, denseFilter(preferences, graph)));
      const trained = recallOf({ method: 'graph', graph });
      expect(Math.abs(trained / exact - 1)).toBeLessThan(0.05);
      expect(exact).toBeGreaterThan(1.3 * byPopularity);
    },
  );
});
