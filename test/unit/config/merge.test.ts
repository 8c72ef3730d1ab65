import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { configDifferences } from '../../../src/config/config-differences.js';
import { isTree, mergeTrees, type Tree } from '../../../src/config/config-tree.js';
import { configVersion } from '../../../src/config/config-version.js';
import { patchConfig } from '../../../src/config/patch-config.js';
import { printableRankingConfig } from '../../../src/config/printable-config.js';
import { loadRankingConfig, parseRankingConfig } from '../../../src/config/ranking-config.js';
import type { RankingConfig } from '../../../src/config/ranking-schema.js';
import { restartKeys } from '../../../src/config/restart-keys.js';
import { BellwetherError, OperatorError } from '../../../src/lib/errors.js';

const standard = loadRankingConfig(undefined);

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

/** Changes that are good, each by itself and together. */
const patch = fc.record(
  {
    events: fc.record({ weights: fc.record({ SHARE: fc.integer({ min: 1, max: 9 }) }) }),
    trending: fc.record({ userCap: fc.integer({ min: 1, max: 99 }) }, { requiredKeys: [] }),
    impressions: fc.record({ changed: fc.record({ logit: fc.constantFrom(0.1, 0.5, 1) }) }),
    feed: fc.record({ quotas: fc.constantFrom({ PERSONAL: 0.4, LOCAL: 0.2 }, { RISING: 0, TRENDING: 0.3 }) }),
  },
  { requiredKeys: [] },
);

/** The same values, with the keys of every table the other way round. */
function reversed(value: unknown): unknown {
  if (!isTree(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([name, inner]) => [name, reversed(inner)]),
  );
}

/** The same values, with the keys of every table in their order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isTree(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((name) => [name, sorted(value[name])]),
  );
}

describe('merging', () => {
  it('changes nothing when there is nothing to merge, or the same', () => {
    fc.assert(
      fc.property(tree, (base) => {
        expect(mergeTrees(base, {})).toEqual(base);
        expect(mergeTrees(base, base)).toEqual(base);
      }),
    );
  });

  it('may be done step by step or at once', () => {
    fc.assert(
      fc.property(tree, tree, tree, (a, b, c) => {
        // What is a table in one and a plain value in another is replaced as a whole, so the order of steps may count.
        fc.pre(sameKinds(a, b) && sameKinds(b, c) && sameKinds(a, c));
        expect(mergeTrees(mergeTrees(a, b), c)).toEqual(mergeTrees(a, mergeTrees(b, c)));
      }),
    );
  });

  it('keeps every key of both as a key, whatever its name, and changes neither', () => {
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

describe('the version', () => {
  it('is twelve hexadecimal digits, and stays what it is for the same values', () => {
    expect(configVersion(standard)).toMatch(/^[0-9a-f]{12}$/);
    expect(configVersion(parseRankingConfig('# nothing', 'x'))).toBe(configVersion(standard));
    expect(configVersion(parseRankingConfig('trending: { userCap: 8.0 }', 'x'))).toBe(
      configVersion(standard),
    );
  });

  it('is the start of the SHA-256 of the JSON with sorted keys, so that anybody can compute it', () => {
    const json = JSON.stringify(sorted(standard));
    expect(json.slice(0, 48)).toBe('{"country":{"headers":[]},"events":{"dwellFactor');
    expect(createHash('sha256').update(json).digest('hex').slice(0, 12)).toBe(configVersion(standard));
  });

  it('does not depend on the order of keys', () => {
    fc.assert(
      fc.property(patch, (change) => {
        const config = patchConfig(standard, change);
        expect(configVersion(reversed(config) as RankingConfig)).toBe(configVersion(config));
      }),
    );
  });

  it('changes with every value and with the order of a list', () => {
    const { dwellFactors } = standard.events;
    const versions = [
      standard,
      patchConfig(standard, { trending: { userCap: 8.000001 } }),
      patchConfig(standard, { ranking: { personalization: false } }),
      patchConfig(standard, { events: { dwellFactors: dwellFactors.slice(0, 1) } }),
      { ...standard, events: { ...standard.events, dwellFactors: dwellFactors.toReversed() } },
    ].map(configVersion);
    expect(new Set(versions).size).toBe(versions.length);
  });
});

describe('a patched config', () => {
  it('differs in what the patch says and in nothing else, and the original stays', () => {
    const before = structuredClone(standard);
    const patched = patchConfig(standard, { v2: { weights: { news: 0.5 } }, ranking: { rollout: 10 } });
    expect(configDifferences(standard, patched)).toEqual([
      { path: 'ranking.rollout', from: 100, to: 10 },
      { path: 'v2.weights.news', from: 0.1, to: 0.5 },
    ]);
    expect(standard).toEqual(before);
  });

  it('is what a file with the same text gives', () => {
    fc.assert(
      fc.property(patch, (change) => {
        expect(patchConfig(standard, change)).toEqual(parseRankingConfig(stringify(change), 'x'));
      }),
    );
  });

  it.each([
    [{ feed: { quotas: { LOCAL: 0.5 } } }, 'config.feed.quotas', 'config.feed.quotas: must add up to 1'],
    [{ feed: { qotas: {} } }, 'config.feed.qotas', 'did you mean feed.quotas?'],
    [
      { trending: { userCap: 0 } },
      'config.trending.userCap',
      'config.trending.userCap: must be a number above 0',
    ],
    [JSON.parse('{"__proto__": {"feed": 1}}'), 'config.__proto__', 'is no key of the config'],
    [null, 'config', 'config: must be a table of keys and values (it is empty)'],
    [[], 'config', 'config: must be a table of keys and values (it is a list)'],
    ['v2', 'config', 'config: must be a table of keys and values (it is "v2")'],
  ])('is refused as wrong input with the path of the first fault: %j', (wrong: unknown, field, sentence) => {
    let refusal: unknown;
    try {
      patchConfig(standard, wrong);
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toBeInstanceOf(BellwetherError);
    expect(refusal).toMatchObject({ code: 'BAD_USER_INPUT', field });
    expect((refusal as Error).message).toContain(sentence);
  });

  it('never fails in another way, whatever value stands wherever', () => {
    const places = configDifferences(reversedKinds(standard) as RankingConfig, standard).map(
      ({ path }) => path,
    );
    fc.assert(
      fc.property(fc.constantFrom(...places), fc.jsonValue(), (path, value) => {
        const change = path.split('.').reduceRight<unknown>((inner, name) => ({ [name]: inner }), value);
        try {
          patchConfig(standard, change);
        } catch (error) {
          expect(error).toBeInstanceOf(BellwetherError);
        }
      }),
    );
  });
});

/** A tree in which every value is another one. */
function reversedKinds(value: unknown): unknown {
  if (!isTree(value)) return null;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, reversedKinds(inner)]));
}

describe('a printed config', () => {
  it('is the same config again, with comments, and tells what the default was', () => {
    const sinks = [{ name: 'a', type: 'jsonl', folder: 'events' }];
    const config = patchConfig(standard, { trending: { userCap: 3 }, sinks });
    const text = printableRankingConfig(config);
    expect(parseRankingConfig(text, 'x')).toEqual(config);
    expect(text).toContain('userCap: 3 # default: 8\n');
    expect(text).toContain('# What the crowd is doing.\n');
    expect(Object.keys(parse(text) as Tree)).toEqual(expect.arrayContaining(Object.keys(standard)));
  });

  it('is the same config again for every change', () => {
    fc.assert(
      fc.property(patch, (change) => {
        const config = patchConfig(standard, change);
        expect(configVersion(parseRankingConfig(printableRankingConfig(config), 'x'))).toBe(
          configVersion(config),
        );
      }),
      { numRuns: 30 },
    );
  });
});

describe('keys that take effect at the next start only', () => {
  it('are told by their paths, and others are not', () => {
    const sinks = [{ name: 'a', type: 'jsonl', folder: 'events' }];
    const after = patchConfig(standard, {
      ...{ sinks, tracking: { groupEvents: 100 }, profile: { cacheMegabytes: 64, cacheSeconds: 30 } },
      trending: { userCap: 3 },
    });
    expect(restartKeys(standard, after)).toEqual(['profile.cacheMegabytes', 'tracking.groupEvents', 'sinks']);
    expect(restartKeys(after, after)).toEqual([]);
  });
});

it('a text of any kind is taken or refused with a message for the operator, never else', () => {
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
