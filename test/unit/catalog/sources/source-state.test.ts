import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findMissingMarkets } from '../../../../src/catalog/sources/source-state.js';

const ids = fc.uniqueArray(fc.constantFrom<string>('a', 'b', 'c', 'd', 'e', 'f'));

describe('findMissingMarkets', () => {
  it('returns a market as missing in the first poll, or in the second if two are required', () => {
    const before = { listed: ['a', 'b'], complete: true, awaited: [] };
    const now = { listed: new Set(['b']), complete: true };
    expect(findMissingMarkets(before, now, { requireTwo: false })).toEqual({ missing: ['a'], awaited: [] });
    const first = findMissingMarkets(before, now, { requireTwo: true });
    expect(first).toEqual({ missing: [], awaited: ['a'] });
    const after = { listed: ['b'], complete: true, awaited: first.awaited };
    expect(findMissingMarkets(after, now, { requireTwo: true })).toEqual({ missing: ['a'], awaited: [] });
  });

  it('never returns a listed or unknown market', () => {
    fc.assert(
      fc.property(
        ...([ids, ids, ids, fc.boolean(), fc.boolean(), fc.boolean()] as const),
        (listedBefore, awaitedBefore, listedNow, wasComplete, complete, requireTwo) => {
          const { missing, awaited } = findMissingMarkets(
            { listed: listedBefore, complete: wasComplete, awaited: awaitedBefore },
            { listed: new Set(listedNow), complete },
            { requireTwo },
          );
          const known = new Set([...awaitedBefore, ...(wasComplete ? listedBefore : [])]);
          expect(missing.filter((id) => listedNow.includes(id) || !known.has(id))).toEqual([]);
          if (!complete || listedNow.length === 0) expect(missing).toEqual([]);
          // Each unlisted market is missing or awaited, so none is lost.
          const settled = new Set([...missing, ...awaited]);
          expect([...known].filter((id) => !listedNow.includes(id) && !settled.has(id))).toEqual([]);
        },
      ),
    );
  });
});
