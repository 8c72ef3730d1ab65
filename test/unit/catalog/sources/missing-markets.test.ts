import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { missingMarkets } from '../../../../src/catalog/sources/missing-markets.js';

const ids = fc.uniqueArray(fc.constantFrom<string>('a', 'b', 'c', 'd', 'e', 'f'));

describe('a market that is missing', () => {
  it('is gone at once, or at the second time', () => {
    const before = { listed: ['a', 'b'], complete: true, awaited: [] };
    const now = { listed: new Set(['b']), complete: true };
    expect(missingMarkets(before, now, { twice: false })).toEqual({ gone: ['a'], awaited: [] });
    const first = missingMarkets(before, now, { twice: true });
    expect(first).toEqual({ gone: [], awaited: ['a'] });
    const after = { listed: ['b'], complete: true, awaited: first.awaited };
    expect(missingMarkets(after, now, { twice: true })).toEqual({ gone: ['a'], awaited: [] });
  });

  it('is never one that is listed, nor one of which nothing was known', () => {
    fc.assert(
      fc.property(
        ...([ids, ids, ids, fc.boolean(), fc.boolean(), fc.boolean()] as const),
        (listedBefore, awaitedBefore, listedNow, wasComplete, complete, twice) => {
          const { gone, awaited } = missingMarkets(
            { listed: listedBefore, complete: wasComplete, awaited: awaitedBefore },
            { listed: new Set(listedNow), complete },
            { twice },
          );
          const known = new Set([...awaitedBefore, ...(wasComplete ? listedBefore : [])]);
          expect(gone.filter((id) => listedNow.includes(id) || !known.has(id))).toEqual([]);
          if (!complete || listedNow.length === 0) expect(gone).toEqual([]);
          // Whoever is missing is gone or awaited: none is forgotten.
          const settled = new Set([...gone, ...awaited]);
          expect([...known].filter((id) => !listedNow.includes(id) && !settled.has(id))).toEqual([]);
        },
      ),
    );
  });
});
