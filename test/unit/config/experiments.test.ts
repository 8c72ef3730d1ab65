import { describe, expect, it } from 'vitest';
import { changingArms, configOfArms, experimentsOf, holdoutOf } from '../../../src/config/experiments.js';
import { loadRankingConfig, parseRankingConfig } from '../../../src/config/ranking-config.js';
import { OperatorError } from '../../../src/lib/errors.js';

/** An experiment with a control and an arm, as YAML in flow style. */
const experiment = (name: string, arm: string, more = ''): string =>
  `{ name: ${name}, arms: [{ name: control, weight: 0.5 }, { name: new, weight: 0.5, ${arm} }]${more} }`;

const yaml = (...experiments: string[]): string => `experiments: [${experiments.join(', ')}]`;

function errorsIn(text: string): string[] {
  try {
    parseRankingConfig(text, 'file');
  } catch (error) {
    if (error instanceof OperatorError)
      return error.message
        .split('\n')
        .slice(1)
        .map((line) => line.trim());
    throw error;
  }
  return [];
}

describe('the experiments of a config', () => {
  it('reports all errors of experiments and of their arms together', () => {
    const text = yaml(
      experiment('one', 'patch: { feed: { quotas: { PERSONAL: 0.9 }, badges: { newHour: 3 } } }'),
      experiment(
        'two',
        'patch: { sinks: [], feed: { keepMinutes: 5 }, v2: { freshness: { halfAfterDays: -1 } } }',
      ),
      experiment('three', 'patch: { privacy: { aliasDays: 1 }, rateLimits: {}, experiments: [] }'),
      experiment('four', 'patch: { v2: { freshness: { halfAfterDays: -1 } } }'),
    );
    const forbidden =
      'must not be part of a patch: an arm changes only values of v2, impressions and feed that rankings read';
    expect(errorsIn(text)).toEqual([
      'experiments.0.arms.1.patch.feed.badges.newHour: is not a config key; did you mean feed.badges.newHours?',
      'experiments.0.arms.1.patch.feed.quotas: must sum to 1 (the sum is 1.4: PERSONAL 0.9, TRENDING 0.2, LOCAL 0.1, RISING 0.1, EXPLORATION 0.1)',
      `experiments.1.arms.1.patch.sinks: ${forbidden}`,
      `experiments.1.arms.1.patch.feed.keepMinutes: ${forbidden}`,
      `experiments.2.arms.1.patch.privacy.aliasDays: ${forbidden}`,
      `experiments.2.arms.1.patch.experiments: ${forbidden}`,
      'experiments.3.arms.1.patch.v2.freshness.halfAfterDays: must be a number above 0 and at most 3650 (it is -1)',
    ]);
  });

  it('rejects equal names, wrong sums of weights, and times and layers in the wrong order', () => {
    const text = `
experiments:
  - name: one
    arms: [{ name: a, weight: 0.5 }, { name: a, weight: 0.6 }]
    layer: { name: page, from: 0.5, to: 0.5 }
    start: 2026-12-02T00:00:00Z
    end: 2026-12-01T00:00:00Z
    traffic: [{ from: 2026-12-02T00:00:00Z, share: 0.1 }, { from: 2026-12-01T00:00:00Z, share: 1 }, { share: 1 }]
    targeting: { countries: [uk] }
  - { name: one, arms: [{ name: a, weight: 1 }] }
`;
    expect(errorsIn(text)).toEqual([
      'experiments.0.targeting.countries.0: must be an ISO 3166-1 country code in upper case',
      'experiments.1.arms: must have at least 2 entries (it is a list)',
      'experiments.0.arms.1.name: must be unique ("a" is the name of another arm)',
      'experiments.0.arms: must have weights that sum to 1 (the sum is 1.1)',
      'experiments.0.layer.to: must be above from (0.5)',
      'experiments.0.end: must be after start (2026-12-02T00:00:00Z)',
      'experiments.0.traffic.1.from: must be after that of the step before (2026-12-02T00:00:00Z)',
      'experiments.0.traffic.2.from: is missing: only the first step may have none',
      'experiments.1.name: must be unique ("one" is the name of another experiment)',
    ]);
  });

  it('rejects two experiments with one value, unless no user can be in both', () => {
    const patch = 'patch: { feed: { diversity: { mmrLambda: 0.5 } } }';
    const layer = (from: number, to: number) => `, layer: { name: page, from: ${from}, to: ${to} }`;
    expect(errorsIn(yaml(experiment('one', patch), experiment('two', patch)))).toEqual([
      'experiments.1.arms.1.patch.feed.diversity.mmrLambda: is also changed by the experiment one, and a user can be in both; put them into disjoint parts of one layer',
    ]);
    expect(
      errorsIn(yaml(experiment('one', patch, layer(0, 0.5)), experiment('two', patch, layer(0.4, 1)))),
    ).toHaveLength(1);
    expect(
      errorsIn(yaml(experiment('one', patch, layer(0, 0.5)), experiment('two', patch, layer(0.5, 1)))),
    ).toEqual([]);
    expect(errorsIn(yaml(experiment('one', patch, ', stopped: true'), experiment('two', patch)))).toEqual([]);
    const successive = [', end: 2026-12-01T00:00:00Z', ', start: 2026-12-01T00:00:00Z'];
    expect(errorsIn(yaml(...successive.map((time, index) => experiment(`e${index}`, patch, time))))).toEqual(
      [],
    );
  });

  it('rejects arms that are valid alone and not together', () => {
    const text = yaml(
      experiment('limit', 'patch: { feed: { diversity: { perCategory: 8 } } }'),
      experiment('positions', 'patch: { feed: { diversity: { categoryPositions: 5 } } }'),
    );
    expect(errorsIn(text)).toEqual([
      expect.stringMatching(
        /^experiments\.1\.arms\.1\.patch\.feed\.diversity\.perCategory: must be at most 5.*, for users who also have an arm of limit; put these experiments into disjoint parts of one layer$/,
      ),
    ]);
  });

  it('allows at most 256 combinations of arms', () => {
    const keys = ['mmrLambda', 'dpp: { theta', 'dpp: { serendipity', 'dpp: { topicThreshold'];
    const scales = ['longTermScale', 'sessionScale', 'sessionEvents', 'categoryFactor', 'strongest'];
    const experiments = [
      ...keys.map((key, index) =>
        experiment(
          `d${index}`,
          `patch: { feed: { diversity: { ${key}: 0.5 }${key.includes('{') ? ' }' : ''} } }`,
        ),
      ),
      ...scales.map((key, index) => experiment(`a${index}`, `patch: { v2: { affinity: { ${key}: 0.5 } } }`)),
    ];
    expect(errorsIn(yaml(...experiments.slice(0, 8)))).toEqual([]);
    expect(errorsIn(yaml(...experiments))).toEqual([
      'experiments: must allow at most 256 combinations of arms for one user; put some experiments into disjoint parts of one layer',
    ]);
  });

  it('becomes the experiments of the assignment', () => {
    const config = parseRankingConfig(
      `
experimentHoldout: { share: 0.05 }
experiments:
  - name: one
    seed: salt
    hashVersion: 1
    layer: { name: page, from: 0.25, to: 0.5 }
    traffic: [{ share: 0.1 }, { from: 2026-12-01T00:00:00Z, share: 1 }]
    arms: [{ name: a, weight: 0.9 }, { name: b, weight: 0.1 }]
    targeting: { countries: [GB], users: new }
    start: 2026-11-01T00:00:00Z
    end: 2027-01-01T00:00:00Z
  - { name: two, arms: [{ name: a, weight: 1 }, { name: b, weight: 0 }], stopped: true }
`,
      'file',
    );
    expect(holdoutOf(config)).toEqual({ seed: 'holdout', share: 0.05 });
    expect(holdoutOf(loadRankingConfig(undefined))).toBeNull();
    expect(experimentsOf(config)).toEqual([
      {
        ...{ name: 'one', unit: 'user', seed: 'salt', hashVersion: 1, stopped: false, forcedArm: null },
        layer: { name: 'page', from: 0.25, to: 0.5 },
        traffic: [
          { fromMs: -Infinity, share: 0.1 },
          { fromMs: Date.UTC(2026, 11, 1), share: 1 },
        ],
        arms: [
          { name: 'a', weight: 0.9 },
          { name: 'b', weight: 0.1 },
        ],
        targeting: { countries: ['GB'], users: 'new' },
        ...{ startMs: Date.UTC(2026, 10, 1), endMs: Date.UTC(2027, 0, 1) },
      },
      {
        ...{ name: 'two', unit: 'user', seed: 'two', hashVersion: 2, stopped: true, forcedArm: null },
        ...{ layer: null, traffic: [{ fromMs: -Infinity, share: 1 }] },
        arms: [
          { name: 'a', weight: 1 },
          { name: 'b', weight: 0 },
        ],
        targeting: { countries: null, users: 'all' },
        ...{ startMs: null, endMs: null },
      },
    ]);
  });

  it('patches the config with the arms that change a value', () => {
    const config = parseRankingConfig(
      yaml(
        experiment('one', 'patch: { feed: { diversity: { mmrLambda: 0.5 } } }'),
        experiment('two', 'algorithm: global'),
      ),
      'file',
    );
    const arms = { one: 'new', two: 'control', unknown: 'new' };
    expect(changingArms(config, arms)).toEqual({ one: 'new' });
    const defaults = loadRankingConfig(undefined);
    const { feed } = defaults;
    expect(configOfArms(config, arms)).toEqual({
      ...defaults,
      feed: { ...feed, diversity: { ...feed.diversity, mmrLambda: 0.5 } },
    });
    expect(configOfArms(config, { two: 'new' }).ranking).toEqual({
      ...defaults.ranking,
      ...{ rollout: 0, others: 'global' },
    });
  });
});
