import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import {
  configDifferences,
  configVersion,
  isTree,
  mergeTrees,
  needsRestart,
  type Tree,
} from '../../../src/config/config-values.js';
import {
  loadRankingConfig,
  parseRankingConfig,
  patchConfig,
  printableRankingConfig,
} from '../../../src/config/ranking-config.js';
import type { RankingConfig } from '../../../src/config/schema/ranking-schema.js';
import { BellwetherError, OperatorError } from '../../../src/lib/errors.js';

const defaults = loadRankingConfig(undefined);

const key = fc.constantFrom('a', 'b', 'c', '__proto__', 'toString', '1');
const { tree } = fc.letrec<{ tree: Tree; value: unknown }>((tie) => ({
  tree: fc.dictionary(key, tie('value'), { maxKeys: 4 }),
  value: fc.oneof(
    { depthSize: 'small' },
    fc.integer(),
    fc.array(fc.integer(), { maxLength: 2 }),
    tie('tree'),
  ),
}));

/** Valid changes, alone and combined. */
const patch = fc.record(
  {
    events: fc.record({ weights: fc.record({ SHARE: fc.integer({ min: 1, max: 9 }) }) }),
    trending: fc.record({ userCap: fc.integer({ min: 1, max: 99 }) }, { requiredKeys: [] }),
    impressions: fc.record({ changed: fc.record({ logit: fc.constantFrom(0.1, 0.5, 1) }) }),
    feed: fc.record({ quotas: fc.constantFrom({ PERSONAL: 0.4, LOCAL: 0.2 }, { RISING: 0, TRENDING: 0.3 }) }),
  },
  { requiredKeys: [] },
);

/** The same values, with the keys of every table in reverse order. */
function reversed(value: unknown): unknown {
  if (!isTree(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([name, inner]) => [name, reversed(inner)]),
  );
}

/** The same values, with the keys of every table sorted. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isTree(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((name) => [name, sorted(value[name])]),
  );
}

describe('mergeTrees', () => {
  it('returns the base when merged with nothing or with itself', () => {
    fc.assert(
      fc.property(tree, (base) => {
        expect(mergeTrees(base, {})).toEqual(base);
        expect(mergeTrees(base, base)).toEqual(base);
      }),
    );
  });

  it('is associative', () => {
    fc.assert(
      fc.property(tree, tree, tree, (a, b, c) => {
        // A table is replaced as a whole by a plain value and vice versa, so there the order of steps matters.
        fc.pre(sameKinds(a, b) && sameKinds(b, c) && sameKinds(a, c));
        expect(mergeTrees(mergeTrees(a, b), c)).toEqual(mergeTrees(a, mergeTrees(b, c)));
      }),
    );
  });

  it('keeps every key of both trees, even names of Object.prototype, and modifies neither', () => {
    fc.assert(
      fc.property(tree, tree, (base, over) => {
        const before = JSON.stringify([base, over]);
        const merged = mergeTrees(base, over) as Tree;
        expect(new Set(Object.keys(merged))).toEqual(new Set([...Object.keys(base), ...Object.keys(over)]));
        expect(Object.getPrototypeOf(merged)).toBe(Object.prototype);
        expect(JSON.stringify([base, over])).toBe(before);
      }),
    );
  });
});

function sameKinds(a: unknown, b: unknown): boolean {
  if (!isTree(a) || !isTree(b)) return isTree(a) === isTree(b);
  return Object.keys(a).every((name) => !Object.hasOwn(b, name) || sameKinds(a[name], b[name]));
}

describe('configVersion', () => {
  it('returns twelve hexadecimal digits, equal for equal values', () => {
    expect(configVersion(defaults)).toMatch(/^[0-9a-f]{12}$/);
    expect(configVersion(parseRankingConfig('# nothing', 'x'))).toBe(configVersion(defaults));
    expect(configVersion(parseRankingConfig('trending: { userCap: 8.0 }', 'x'))).toBe(
      configVersion(defaults),
    );
  });

  it('is the start of the SHA-256 of the JSON with sorted keys', () => {
    const json = JSON.stringify(sorted(defaults));
    expect(json.slice(0, 48)).toBe('{"audience":{"cellsPerUser":4,"deltaPerDay":0.00');
    expect(createHash('sha256').update(json).digest('hex').slice(0, 12)).toBe(configVersion(defaults));
  });

  it('does not depend on the order of keys', () => {
    fc.assert(
      fc.property(patch, (change) => {
        const config = patchConfig(defaults, change);
        expect(configVersion(reversed(config) as RankingConfig)).toBe(configVersion(config));
      }),
    );
  });

  it('changes with every value and with the order of a list', () => {
    const { dwellFactors } = defaults.events;
    const versions = [
      defaults,
      patchConfig(defaults, { trending: { userCap: 8.000001 } }),
      patchConfig(defaults, { ranking: { personalization: false } }),
      patchConfig(defaults, { events: { dwellFactors: dwellFactors.slice(0, 1) } }),
      { ...defaults, events: { ...defaults.events, dwellFactors: dwellFactors.toReversed() } },
    ].map(configVersion);
    expect(new Set(versions).size).toBe(versions.length);
  });
});

describe('patchConfig', () => {
  it('changes only the values in the patch, in a copy', () => {
    const before = structuredClone(defaults);
    const patched = patchConfig(defaults, { v2: { weights: { news: 0.5 } }, ranking: { rollout: 10 } });
    expect(configDifferences(defaults, patched)).toEqual([
      { path: 'ranking.rollout', from: 100, to: 10 },
      { path: 'v2.weights.news', from: 0.1, to: 0.5 },
    ]);
    expect(defaults).toEqual(before);
  });

  it('gives the same config as a file with the same text', () => {
    fc.assert(
      fc.property(patch, (change) => {
        expect(patchConfig(defaults, change)).toEqual(parseRankingConfig(stringify(change), 'x'));
      }),
    );
  });

  it.each([
    [{ feed: { quotas: { LOCAL: 0.5 } } }, 'config.feed.quotas', 'config.feed.quotas: must sum to 1'],
    [{ feed: { qotas: {} } }, 'config.feed.qotas', 'did you mean feed.quotas?'],
    [
      { trending: { userCap: 0 } },
      'config.trending.userCap',
      'config.trending.userCap: must be a number above 0',
    ],
    [JSON.parse('{"__proto__": {"feed": 1}}'), 'config.__proto__', 'is not a config key'],
    [null, 'config', 'config: must be a table of keys and values (it is empty)'],
    [[], 'config', 'config: must be a table of keys and values (it is a list)'],
    ['v2', 'config', 'config: must be a table of keys and values (it is "v2")'],
  ])('rejects invalid input with the path of the first error: %j', (invalid: unknown, field, sentence) => {
    let rejection: unknown;
    try {
      patchConfig(defaults, invalid);
    } catch (error) {
      rejection = error;
    }
    expect(rejection).toBeInstanceOf(BellwetherError);
    expect(rejection).toMatchObject({ code: 'BAD_USER_INPUT', field });
    expect((rejection as Error).message).toContain(sentence);
  });

  it('throws only BellwetherError, for any value at any path', () => {
    const paths = configDifferences(allNull(defaults) as RankingConfig, defaults).map(({ path }) => path);
    fc.assert(
      fc.property(fc.constantFrom(...paths), fc.jsonValue(), (path, value) => {
        const change = path.split('.').reduceRight<unknown>((inner, name) => ({ [name]: inner }), value);
        try {
          patchConfig(defaults, change);
        } catch (error) {
          expect(error).toBeInstanceOf(BellwetherError);
        }
      }),
    );
  });
});

/** The same tree with every value replaced by null. */
function allNull(value: unknown): unknown {
  if (!isTree(value)) return null;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, allNull(inner)]));
}

describe('printableRankingConfig', () => {
  it('prints the config with comments, and the default after each changed value', () => {
    const sinks = [{ name: 'a', type: 'jsonl', folder: 'events' }];
    const config = patchConfig(defaults, { trending: { userCap: 3 }, sinks });
    const text = printableRankingConfig(config);
    expect(parseRankingConfig(text, 'x')).toEqual(config);
    expect(text).toContain('userCap: 3 # default: 8\n');
    expect(text).toContain('# Trending: current activity of all users.\n');
    expect(Object.keys(parse(text) as Tree)).toEqual(expect.arrayContaining(Object.keys(defaults)));
  });

  it('prints YAML that parses to the same config', () => {
    fc.assert(
      fc.property(patch, (change) => {
        const config = patchConfig(defaults, change);
        expect(configVersion(parseRankingConfig(printableRankingConfig(config), 'x'))).toBe(
          configVersion(config),
        );
      }),
      { numRuns: 30 },
    );
  });
});

describe('needsRestart', () => {
  it('returns true exactly for the values that are read at the start', () => {
    const paths = configDifferences(allNull(defaults) as RankingConfig, defaults).map(({ path }) => path);
    expect(paths.filter(needsRestart)).toEqual([
      ...['profile.cacheMegabytes', 'profile.changePollSeconds', 'trending.refreshSeconds'],
      'textVectors.enabled',
      ...['tracking.lanes', 'tracking.groupWaitMs', 'tracking.groupEvents', 'tracking.maxQueued'],
      ...['tracking.maxQueuedMs', 'sinks', 'sources'],
    ]);
  });
});

it('parseRankingConfig throws only OperatorError, for any text', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.jsonValue().map((value) => stringify(value)),
      ),
      (text) => {
        try {
          parseRankingConfig(text, 'x');
        } catch (error) {
          expect(error).toBeInstanceOf(OperatorError);
        }
      },
    ),
  );
});
