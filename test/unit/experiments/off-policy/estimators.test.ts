import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diagnoseWeights, requireSupport } from '../../../../src/experiments/off-policy/diagnostics.js';
import { estimatePolicy } from '../../../../src/experiments/off-policy/estimate.js';
import { ESTIMATORS } from '../../../../src/experiments/off-policy/estimators.js';
import {
  clipWeights,
  slotOf,
  weighSlate,
  type Policy,
  type WeightedSlate,
} from '../../../../src/experiments/off-policy/slates.js';

const ITEMS: readonly number[] = [0, 1, 2];
type Table = readonly (readonly number[])[];

/** Positive probabilities by slot and item. */
const policyTable = fc
  .array(fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 3, maxLength: 3 }), {
    minLength: 2,
    maxLength: 2,
  })
  .map((slots): Table => slots.map((weights) => weights.map((w) => w / weights.reduce((a, b) => a + b, 0))));
const rewardTable = fc.array(
  fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 3, maxLength: 3 }),
  {
    minLength: 2,
    maxLength: 2,
  },
);

function at(table: Table, slot: number, item: number): number {
  return table[slot]?.[item] ?? NaN;
}

function policyOf(table: Table): Policy<null, number> {
  return { probabilities: (_context, slot) => ITEMS.map((item) => [item, at(table, slot, item)] as const) };
}

/** Every slate of two slots that the logging policy can serve, with its probability. */
function* allSlates(logging: Table, rewards: Table, target: Table, model: Table) {
  for (const first of ITEMS) {
    for (const second of ITEMS) {
      const slots = [first, second].map((item, slot) => ({
        item,
        propensity: at(logging, slot, item),
        reward: at(rewards, slot, item),
      }));
      const logged = { user: 'ada', context: null, slots };
      const slate = weighSlate(logged, policyOf(target), {
        predict: (_context, item, slot) => at(model, slot, item),
      });
      yield { slate, probability: at(logging, 0, first) * at(logging, 1, second) };
    }
  }
}

function truth(target: Table, rewards: Table): number {
  return [0, 1].reduce(
    (total, slot) =>
      total + ITEMS.reduce((sum, item) => sum + at(target, slot, item) * at(rewards, slot, item), 0),
    0,
  );
}

describe('the estimators', () => {
  it.each(['ips', 'pseudoInverse', 'itemPosition', 'doublyRobust'] as const)(
    '%s is right on average over all slates, whatever the reward model',
    (name) => {
      fc.assert(
        fc.property(policyTable, policyTable, rewardTable, rewardTable, (logging, target, rewards, model) => {
          let mean = 0;
          for (const { slate, probability } of allSlates(logging, rewards, target, model)) {
            mean += probability * ESTIMATORS[name](slate).numerator;
          }
          expect(mean).toBeCloseTo(truth(target, rewards), 8);
        }),
      );
    },
  );

  it.each(['snips', 'itemPositionNormalized'] as const)('%s has a mean denominator of 1', (name) => {
    fc.assert(
      fc.property(policyTable, policyTable, (logging, target) => {
        let mean = 0;
        for (const { slate, probability } of allSlates(logging, target, target, target)) {
          mean += probability * ESTIMATORS[name](slate).denominator;
        }
        expect(mean).toBeCloseTo(1, 8);
      }),
    );
  });

  it('doublyRobust does not vary when the model predicts every reward', () => {
    fc.assert(
      fc.property(policyTable, policyTable, rewardTable, (logging, target, rewards) => {
        for (const { slate } of allSlates(logging, rewards, target, rewards)) {
          expect(ESTIMATORS.doublyRobust(slate).numerator).toBeCloseTo(truth(target, rewards), 8);
        }
      }),
    );
  });

  it('agree for slates of one slot', () => {
    const slate = { user: 'ada', slots: [{ weight: 2.5, reward: 0.4, predicted: 0, expected: 0 }] };
    for (const name of ['ips', 'pseudoInverse', 'itemPosition', 'doublyRobust'] as const) {
      expect(ESTIMATORS[name](slate)).toEqual({ numerator: 1, denominator: 1 });
    }
    expect(ESTIMATORS.snips(slate)).toEqual({ numerator: 1, denominator: 2.5 });
  });
});

describe('weighSlate', () => {
  it('rejects a propensity that no logging policy can have', () => {
    const slots = [{ item: 0, propensity: 0, reward: 1 }];
    expect(() => weighSlate({ user: 'ada', context: null, slots }, policyOf([[1, 0, 0]]))).toThrow(
      'must be above 0 and at most 1',
    );
  });

  it('gives weight 0 to an item that the evaluated policy never selects', () => {
    const slots = [{ item: 1, propensity: 0.5, reward: 1 }];
    const slate = weighSlate({ user: 'ada', context: null, slots }, policyOf([[1, 0, 0]]));
    expect(slate.slots).toEqual([{ weight: 0, reward: 1, predicted: 0, expected: 0 }]);
  });
});

describe('estimatePolicy', () => {
  it('computes a self-normalized estimate by hand', () => {
    const slates = [slate('ada', 2, 1), slate('bob', 1, 0), slate('cy', 3, 1)];
    const estimate = estimatePolicy(slates, 'snips', 0.05);
    expect(estimate?.value).toBeCloseTo(5 / 6, 12);
    // Residuals w (r − 5/6): 1/3, −5/6, 1/2. Their variance is 19/36, the mean weight 2, and there are three users.
    expect(estimate?.standardError).toBeCloseTo(Math.sqrt(19 / 36 / 4 / 3), 12);
  });

  it('counts the slates of one user as one observation', () => {
    const once = ['ada', 'bob', 'cy'].map((user, index) => slate(user, 1, index % 2));
    const thrice = [...once, ...once, ...once];
    const estimate = estimatePolicy(thrice, 'ips', 0.05);
    expect(estimate?.users).toBe(3);
    // Rewards 0, 1, 0: variance 1/3, three users.
    expect(estimate?.standardError).toBeCloseTo(1 / 3, 12);
  });

  it('has a longer interval on the side of the large weights', () => {
    // Ten of 100 users with weight 10: mean 1, skewness (1 − 2p) / √(p (1 − p)) = 8/3, standard error 0.3015, t 1.9842.
    const slates = Array.from({ length: 100 }, (_, user) => slate(`user-${user}`, user < 10 ? 10 : 0, 1));
    const estimate = estimatePolicy(slates, 'ips', 0.05);
    expect(estimate?.value).toBeCloseTo(1, 12);
    // 1 − 0.3015 · 3/s · (∛(1 + s (±1.9842 − s/6)) − 1) with s = (8/3) / √100.
    expect(estimate?.interval.low).toBeCloseTo(0.4943, 4);
    expect(estimate?.interval.high).toBeCloseTo(1.7754, 4);
  });

  it('returns null without two users, and with weights of 0 alone', () => {
    expect(estimatePolicy([], 'ips', 0.05)).toBeNull();
    expect(estimatePolicy([slate('ada', 1, 1)], 'ips', 0.05)).toBeNull();
    expect(estimatePolicy([slate('ada', 0, 1), slate('bob', 0, 1)], 'snips', 0.05)).toBeNull();
  });
});

describe('slotOf and clipWeights', () => {
  const slates = [
    { user: 'ada', slots: [slotOfWeight(1), slotOfWeight(9)] },
    { user: 'bob', slots: [slotOfWeight(4)] },
  ];

  it('keeps one slot of each slate that has it', () => {
    expect(slotOf(slates, 1)).toEqual([{ user: 'ada', slots: [slotOfWeight(9)] }]);
  });

  it('limits the weights', () => {
    const weights = clipWeights(slates, 4).flatMap(({ slots }) => slots.map(({ weight }) => weight));
    expect(weights).toEqual([1, 4, 4]);
  });
});

describe('the diagnostics of weights', () => {
  it('compute the effective sample size and support by hand', () => {
    const found = diagnoseWeights([slate('ada', 3, 1), slate('bob', 1, 1), slate('cy', 0, 1)], 2);
    expect(found).toMatchObject({ slates: 3, slots: 3, largestWeight: 3 });
    expect(found.support).toBeCloseTo(4 / 3, 12);
    expect(found.effectiveSampleSize).toBeCloseTo(16 / 10, 12);
    expect(found.clippedShare).toBeCloseTo(1 / 3, 12);
  });

  it('accept logs that cover the evaluated policy', () => {
    const slates = Array.from({ length: 1_000 }, (_, user) =>
      slate(`user-${user}`, user % 2 === 0 ? 0 : 2, 1),
    );
    expect(() => requireSupport(diagnoseWeights(slates, Infinity))).not.toThrow();
  });

  it.each([
    ['no slate', 0, 0, 'no feed was served'],
    ['weights that miss half of the policy', 1_000, 0.5, 'only 50%'],
    ['weights of 0 alone', 1_000, 0, 'only 0%'],
  ])('reject %s in one sentence', (_name, count, weight, message) => {
    const slates = Array.from({ length: count }, (_, user) => slate(`user-${user}`, weight, 1));
    const check = () => requireSupport(diagnoseWeights(slates, Infinity));
    expect(check).toThrow(message);
    expect(check).toThrow(/^[^.]+\.$/);
  });

  it('reject logs in which a few items carry all the weight', () => {
    const slates = Array.from({ length: 1_000 }, (_, user) => slate(`user-${user}`, user < 10 ? 100 : 0, 1));
    expect(() => requireSupport(diagnoseWeights(slates, Infinity))).toThrow('worth only 10');
  });
});

function slotOfWeight(weight: number) {
  return { weight, reward: 1, predicted: 0, expected: 0 };
}

function slate(user: string, weight: number, reward: number): WeightedSlate {
  return { user, slots: [{ weight, reward, predicted: 0, expected: 0 }] };
}
