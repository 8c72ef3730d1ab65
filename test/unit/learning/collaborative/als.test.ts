import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { describe, expect, it } from 'vitest';
import { generateSplit } from '../../../../bench/cf/block-model.ts';
import { trainAls } from '../../../../src/learning/collaborative/als.js';
import { FactorModel } from '../../../../src/learning/collaborative/folding.js';
import { idsOf, interactionsOf, rowCount } from '../../../../src/learning/collaborative/interactions.js';
import { PreferenceSolver } from '../../../../src/learning/collaborative/preference-solver.js';
import {
  solveTransposed,
  unwhiten,
  whiten,
  whiteningOf,
} from '../../../../src/learning/collaborative/whitening.js';
import { solveRows } from '../../../support/dense-solvers.js';

const { train, items } = generateSplit({ users: 200, items: 150, interactions: 4_000, blocks: 8, seed: 5 });
const interactions = interactionsOf(
  Int32Array.from(train.flatMap((own, user) => own.map(() => user))),
  Int32Array.from(train.flat()),
  { users: train.length, items },
);
const options = { factors: 8, regularization: 0.01, alpha: 10, iterations: 50, seed: 1 };

describe('interactionsOf', () => {
  it('lists each pair once, sorted, from both sides', () => {
    const { itemsOfUser, usersOfItem } = interactionsOf(
      Int32Array.of(1, 0, 1, 1, 0),
      Int32Array.of(2, 2, 0, 2, 2),
      { users: 2, items: 4 },
    );
    expect([0, 1].map((user) => [...idsOf(itemsOfUser, user)])).toEqual([[2], [0, 2]]);
    expect([0, 1, 2, 3].map((item) => [...idsOf(usersOfItem, item)])).toEqual([[1], [], [0, 1], []]);
    expect([rowCount(itemsOfUser), rowCount(usersOfItem)]).toEqual([2, 4]);
  });
});

describe('the solver', () => {
  it('solves a row exactly in as many steps as the row has vectors', () => {
    const rng = xoroshiro128plus(2);
    const size = 5;
    const values = Float32Array.from({ length: 20 * size }, () => uniformInt(rng, -100, 100) / 100);
    const fixed = { size, values };
    const lower = whiteningOf(fixed, 0.1);
    const whitened = { size, values: new Float32Array(values.length) };
    whiten(lower, fixed, whitened.values);
    const vector = new Float64Array(size);
    new PreferenceSolver(size, 4).solve(whitened, Int32Array.of(3, 7, 11), vector, 3);
    solveTransposed(lower, vector);
    const rows = Array.from({ length: 20 }, (_, row) => [...values.subarray(row * size, (row + 1) * size)]);
    const own = rows.map((_, item) => (item === 3 || item === 7 || item === 11 ? 1 : 0));
    const [exact] = solveRows([own], rows, { alpha: 4, regularization: 0.1 });
    for (const [index, value] of (exact ?? []).entries()) expect(vector[index]).toBeCloseTo(value, 5);
    const back = new Float32Array(values.length);
    unwhiten(lower, whitened, back);
    for (const [index, value] of values.entries()) expect(back[index]).toBeCloseTo(value, 5);
  });
});

describe('trainAls', () => {
  it('lowers the loss in every iteration, and is the same for the same seed', () => {
    const { losses, users } = trainAls(interactions, options);
    for (const [index, loss] of losses.entries())
      if (index > 0) expect(loss).toBeLessThan(losses[index - 1] ?? NaN);
    expect(trainAls(interactions, options).users.values).toEqual(users.values);
    expect(trainAls(interactions, { ...options, seed: 2 }).users.values).not.toEqual(users.values);
  });

  it('needs fewer iterations from the factors of an earlier training, to a loss as low', () => {
    const cold = trainAls(interactions, options);
    const warm = trainAls(interactions, options, cold.items.values);
    expect(warm.losses.length).toBeLessThan(cold.losses.length / 2);
    expect(warm.losses.at(-1)).toBeLessThanOrEqual(cold.losses.at(-1) ?? NaN);
    const partly = cold.items.values.map((value, index) => (index < 80 ? NaN : value));
    expect(trainAls(interactions, options, partly).losses.length).toBeLessThan(cold.losses.length);
  });

  it('gives the preferences of a folded-in user as trained', () => {
    // An iteration that no longer lowers the loss by 0.1% ends a training; later ones still move the factors a little.
    let result = trainAls(interactions, options);
    for (let again = 0; again < 30; again += 1) result = trainAls(interactions, options, result.items.values);
    const { users, items: factors } = result;
    const { size } = factors;
    const lower = whiteningOf(factors, options.regularization);
    const whitened = { size, values: new Float32Array(factors.values.length) };
    whiten(lower, factors, whitened.values);
    const model = new FactorModel(
      new Map(Array.from({ length: items }, (_, item) => [String(item), item])),
      whitened,
      10,
    );
    let compared = 0;
    let errors = 0;
    for (const [user, own] of train.entries()) {
      const folded = model.foldIn(own);
      for (let item = 0; item < items; item += 1) {
        let trained = 0;
        for (let i = 0; i < size; i += 1)
          trained += (users.values[user * size + i] as number) * (factors.values[item * size + i] as number);
        const expected = own.includes(item) ? 0 : Math.min(1, Math.max(0, trained));
        const error = Math.abs(folded.preferenceFor(item) - expected);
        expect(error).toBeLessThan(0.05);
        errors += error;
        compared += Number(expected > 0.1);
      }
    }
    expect(compared).toBeGreaterThan(1_000);
    expect(errors / compared).toBeLessThan(0.02);
    expect(model.foldIn([]).preferenceFor(0)).toBe(0);
  });
});
