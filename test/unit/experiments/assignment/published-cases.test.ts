/** Inputs and expected outputs of the published cases of the GrowthBook SDKs, version 5 of their specification. */
import { describe, expect, it } from 'vitest';
import type { Experiment } from '../../../../src/domain/experiment.js';
import { assign } from '../../../../src/experiments/assignment/assign.js';
import {
  armOfBucket,
  bucketRanges,
  equalWeights,
  inLayer,
} from '../../../../src/experiments/assignment/buckets.js';
import { bucketOf } from '../../../../src/experiments/assignment/hash.js';

describe('bucketOf', () => {
  it.each([
    ['', 'a', 1, 0.22],
    ['', 'b', 1, 0.077],
    ['b', 'a', 1, 0.946],
    ['ef', 'd', 1, 0.652],
    ['asdf', '8952klfjas09ujk', 1, 0.549],
    ['', '123', 1, 0.011],
    ['', '___)((*":&', 1, 0.563],
    ['seed', 'a', 2, 0.0505],
    ['seed', 'b', 2, 0.2696],
    ['foo', 'ab', 2, 0.2575],
    ['foo', 'def', 2, 0.2019],
    ['89123klj', '8952klfjas09ujkasdf', 2, 0.124],
    ['90850943850283058242805', '123', 2, 0.7516],
    ['()**(%$##$%#$#', '___)((*":&', 2, 0.0128],
  ] as const)('hashes seed %j and unit %j with version %i to %d', (seed, unit, version, expected) => {
    expect(bucketOf(seed, unit, version)).toBe(expected);
  });
});

describe('bucketRanges', () => {
  it.each([
    [
      'normal 50/50',
      2,
      1,
      undefined,
      [
        [0, 0.5],
        [0.5, 1],
      ],
    ],
    [
      'reduced coverage',
      2,
      0.5,
      undefined,
      [
        [0, 0.25],
        [0.5, 0.75],
      ],
    ],
    [
      'zero coverage',
      2,
      0,
      undefined,
      [
        [0, 0],
        [0.5, 0.5],
      ],
    ],
    [
      '4 variations',
      4,
      1,
      undefined,
      [
        [0, 0.25],
        [0.25, 0.5],
        [0.5, 0.75],
        [0.75, 1],
      ],
    ],
    [
      'uneven weights',
      2,
      1,
      [0.4, 0.6],
      [
        [0, 0.4],
        [0.4, 1],
      ],
    ],
    [
      'uneven weights, 3 variations',
      3,
      1,
      [0.2, 0.3, 0.5],
      [
        [0, 0.2],
        [0.2, 0.5],
        [0.5, 1],
      ],
    ],
    [
      'uneven weights, reduced coverage, 3 variations',
      3,
      0.2,
      [0.2, 0.3, 0.5],
      [
        [0, 0.04],
        [0.2, 0.26],
        [0.5, 0.6],
      ],
    ],
    [
      'negative coverage',
      2,
      -0.2,
      undefined,
      [
        [0, 0],
        [0.5, 0.5],
      ],
    ],
    [
      'coverage above 1',
      2,
      1.5,
      undefined,
      [
        [0, 0.5],
        [0.5, 1],
      ],
    ],
    [
      'weights sum below 1',
      2,
      1,
      [0.4, 0.1],
      [
        [0, 0.5],
        [0.5, 1],
      ],
    ],
    [
      'weights sum above 1',
      2,
      1,
      [0.7, 0.6],
      [
        [0, 0.5],
        [0.5, 1],
      ],
    ],
    [
      'weights.length not equal to num variations',
      4,
      1,
      [0.4, 0.4, 0.2],
      [
        [0, 0.25],
        [0.25, 0.5],
        [0.5, 0.75],
        [0.75, 1],
      ],
    ],
    [
      'weights sum almost equals 1',
      2,
      1,
      [0.4, 0.5999],
      [
        [0, 0.4],
        [0.4, 0.9999],
      ],
    ],
  ])('returns the published ranges for %s', (_name, arms, coverage, weights, expected) => {
    const ranges = bucketRanges(arms, coverage, weights);
    expect(ranges.map(([low, high]) => [round(low), round(high)])).toEqual(expected);
  });
});

describe('armOfBucket', () => {
  it.each([
    [
      'even range, 0.2',
      0.2,
      [
        [0, 0.5],
        [0.5, 1],
      ],
      0,
    ],
    [
      'even range, 0.4',
      0.4,
      [
        [0, 0.5],
        [0.5, 1],
      ],
      0,
    ],
    [
      'even range, 0.6',
      0.6,
      [
        [0, 0.5],
        [0.5, 1],
      ],
      1,
    ],
    [
      'even range, 0.8',
      0.8,
      [
        [0, 0.5],
        [0.5, 1],
      ],
      1,
    ],
    [
      'even range, 0',
      0,
      [
        [0, 0.5],
        [0.5, 1],
      ],
      0,
    ],
    [
      'even range, 0.5',
      0.5,
      [
        [0, 0.5],
        [0.5, 1],
      ],
      1,
    ],
    [
      'reduced range, 0.2',
      0.2,
      [
        [0, 0.25],
        [0.5, 0.75],
      ],
      0,
    ],
    [
      'reduced range, 0.4',
      0.4,
      [
        [0, 0.25],
        [0.5, 0.75],
      ],
      -1,
    ],
    [
      'reduced range, 0.6',
      0.6,
      [
        [0, 0.25],
        [0.5, 0.75],
      ],
      1,
    ],
    [
      'reduced range, 0.8',
      0.8,
      [
        [0, 0.25],
        [0.5, 0.75],
      ],
      -1,
    ],
    [
      'reduced range, 0.25',
      0.25,
      [
        [0, 0.25],
        [0.5, 0.75],
      ],
      -1,
    ],
    [
      'reduced range, 0.5',
      0.5,
      [
        [0, 0.25],
        [0.5, 0.75],
      ],
      1,
    ],
    [
      'zero range',
      0.5,
      [
        [0, 0.5],
        [0.5, 0.5],
        [0.5, 1],
      ],
      2,
    ],
  ] as [string, number, [number, number][], number][])(
    'chooses the published arm for %s',
    (_name, bucket, ranges, expected) => expect(armOfBucket(bucket, ranges)).toBe(expected),
  );
});

describe('inLayer', () => {
  it.each([
    ['1', 'namespace1', 0, 0.4, false],
    ['1', 'namespace1', 0.4, 1, true],
    ['1', 'namespace2', 0, 0.4, false],
    ['1', 'namespace2', 0.4, 1, true],
    ['2', 'namespace1', 0, 0.4, false],
    ['2', 'namespace1', 0.4, 1, true],
    ['2', 'namespace2', 0, 0.4, false],
    ['2', 'namespace2', 0.4, 1, true],
    ['3', 'namespace1', 0, 0.4, false],
    ['3', 'namespace1', 0.4, 1, true],
    ['3', 'namespace2', 0, 0.4, true],
    ['3', 'namespace2', 0.4, 1, false],
    ['4', 'namespace1', 0, 0.4, false],
    ['4', 'namespace1', 0.4, 1, true],
    ['4', 'namespace2', 0, 0.4, true],
    ['4', 'namespace2', 0.4, 1, false],
  ])('unit %s, layer %s from %d to %d: %s', (unit, name, from, to, expected) => {
    expect(inLayer(unit, { name, from, to })).toBe(expected);
  });
});

describe('equalWeights', () => {
  it.each([
    [-1, []],
    [0, []],
    [1, [1]],
    [2, [0.5, 0.5]],
    [3, [0.33333333, 0.33333333, 0.33333333]],
    [4, [0.25, 0.25, 0.25, 0.25]],
  ])('returns the published weights for %i arms', (arms, expected) => {
    expect(equalWeights(arms).map((weight) => Math.trunc(weight * 1e8) / 1e8)).toEqual(expected);
  });
});

/** The settings of a published case: variations are numbers, and −1 in `expected` means that none is assigned. */
interface RunCase {
  readonly id?: string;
  readonly key?: string;
  readonly arms?: number;
  readonly weights?: readonly number[];
  readonly coverage?: number;
  readonly layer?: readonly [string, number, number];
  readonly active?: boolean;
  readonly force?: number;
  readonly preview?: number;
  readonly seed?: string;
  readonly hashVersion?: 1 | 2;
  /** Stands for the condition of the case, which passes or fails. */
  readonly targeted?: boolean;
}

describe('assign', () => {
  it.each([
    ['default weights - 1', { id: '1' }, 1, true],
    ['default weights - 2', { id: '2' }, 0, true],
    ['default weights - 3', { id: '3' }, 0, true],
    ['default weights - 4', { id: '4' }, 1, true],
    ['default weights - 5', { id: '5' }, 1, true],
    ['default weights - 6', { id: '6' }, 1, true],
    ['default weights - 7', { id: '7' }, 0, true],
    ['default weights - 8', { id: '8' }, 1, true],
    ['default weights - 9', { id: '9' }, 0, true],
    ['uneven weights - 1', { id: '1', weights: [0.1, 0.9] }, 1, true],
    ['uneven weights - 2', { id: '2', weights: [0.1, 0.9] }, 1, true],
    ['uneven weights - 3', { id: '3', weights: [0.1, 0.9] }, 0, true],
    ['uneven weights - 4', { id: '4', weights: [0.1, 0.9] }, 1, true],
    ['uneven weights - 5', { id: '5', weights: [0.1, 0.9] }, 1, true],
    ['uneven weights - 6', { id: '6', weights: [0.1, 0.9] }, 1, true],
    ['uneven weights - 7', { id: '7', weights: [0.1, 0.9] }, 0, true],
    ['uneven weights - 8', { id: '8', weights: [0.1, 0.9] }, 1, true],
    ['uneven weights - 9', { id: '9', weights: [0.1, 0.9] }, 1, true],
    ['coverage - 1', { id: '1', coverage: 0.4 }, -1, false],
    ['coverage - 2', { id: '2', coverage: 0.4 }, 0, true],
    ['coverage - 3', { id: '3', coverage: 0.4 }, 0, true],
    ['coverage - 4', { id: '4', coverage: 0.4 }, -1, false],
    ['coverage - 5', { id: '5', coverage: 0.4 }, 1, true],
    ['coverage - 6', { id: '6', coverage: 0.4 }, -1, false],
    ['coverage - 7', { id: '7', coverage: 0.4 }, 0, true],
    ['coverage - 8', { id: '8', coverage: 0.4 }, 1, true],
    ['coverage - 9', { id: '9', coverage: 0.4 }, -1, false],
    ['three way test - 1', { id: '1', arms: 3 }, 2, true],
    ['three way test - 2', { id: '2', arms: 3 }, 0, true],
    ['three way test - 3', { id: '3', arms: 3 }, 0, true],
    ['three way test - 4', { id: '4', arms: 3 }, 2, true],
    ['three way test - 5', { id: '5', arms: 3 }, 1, true],
    ['three way test - 6', { id: '6', arms: 3 }, 2, true],
    ['three way test - 7', { id: '7', arms: 3 }, 0, true],
    ['three way test - 8', { id: '8', arms: 3 }, 1, true],
    ['three way test - 9', { id: '9', arms: 3 }, 0, true],
    ['test name - my-test', { id: '1' }, 1, true],
    ['test name - my-test-3', { id: '1', key: 'my-test-3' }, 0, true],
    ['empty id', { id: '' }, -1, false],
    ['null id', {}, -1, false],
    ['missing id', {}, -1, false],
    ['missing attributes', {}, -1, false],
    ['single variation', { id: '1', arms: 1 }, -1, false],
    ['negative forced variation', { id: '1', force: -8 }, -1, false],
    ['high forced variation', { id: '1', force: 25 }, -1, false],
    ['evaluates conditions - pass', { id: '1', targeted: true }, 1, true],
    ['evaluates conditions - fail', { id: '1', targeted: false }, -1, false],
    ['run active experiments', { id: '1', active: true }, 1, true],
    ['skip inactive experiments', { id: '1', active: false }, -1, false],
    ['coverage take precendence over forced', { id: '1', coverage: 0.01, force: 1 }, -1, false],
    ['Force variation from context', { id: '1', preview: 0 }, 0, false],
    ['Experiment namespace - pass', { id: '1', layer: ['namespace', 0.1, 1] }, 1, true],
    ['Experiment namespace - fail', { id: '1', layer: ['namespace', 0, 0.1] }, -1, false],
    ['Experiment coverage - Works when 0', { id: '1', key: 'no-coverage', coverage: 0 }, -1, false],
    [
      'Uses seed with default weights/coverage',
      { id: '1', key: 'key', seed: 'foo', hashVersion: 2 },
      1,
      true,
    ],
    [
      'Uses seed with weights/coverage',
      { id: '1', key: 'key', weights: [0.5, 0.5], coverage: 0.99, seed: 'foo', hashVersion: 2 },
      1,
      true,
    ],
  ] as [string, RunCase, number, boolean][])(
    'returns the published arm for %s',
    (_name, settings, expected, hashed) => {
      const { id, preview, targeted = true } = settings;
      const experiment = experimentOf(settings);
      const assignment = assign(
        experiment,
        {
          ...{ userKey: id ?? null, sessionId: null, country: targeted ? 'GB' : 'FR', isNew: false },
          ...(preview === undefined ? {} : { preview: new Map([[experiment.name, String(preview)]]) }),
        },
        { nowMs: 0, holdout: null },
      );
      expect(assignment.arm).toBe(expected === -1 ? null : String(expected));
      expect('hashed' in assignment && assignment.hashed).toBe(hashed);
    },
  );
});

function experimentOf(settings: RunCase): Experiment {
  const { key = 'my-test', arms = 2, weights = equalWeights(arms), coverage = 1, layer } = settings;
  return {
    name: key,
    unit: 'user',
    seed: settings.seed ?? key,
    hashVersion: settings.hashVersion ?? 1,
    arms: weights.map((weight, index) => ({ name: String(index), weight })),
    traffic: [{ fromMs: 0, share: coverage }],
    layer: layer === undefined ? null : { name: layer[0], from: layer[1], to: layer[2] },
    targeting: { countries: settings.targeted === undefined ? null : ['GB'], users: 'all' },
    startMs: null,
    endMs: null,
    stopped: settings.active === false,
    forcedArm: settings.force === undefined ? null : String(settings.force),
  };
}

function round(value: number): number {
  return Number(value.toFixed(8));
}
