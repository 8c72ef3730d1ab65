import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isOpenAt } from '../../../src/evaluation/archive.js';
import { OpenMarkets } from '../../../src/evaluation/open-markets.js';
import { MINUTE_MS } from '../../../src/lib/time.js';
import { archived, archiveOf, minute, START_MS } from '../../support/archive.js';

const at = (count: number): number => START_MS + count * MINUTE_MS;

function openAt(markets: ReturnType<typeof archived>[], count: number): string[] {
  const { archive } = archiveOf({ markets, interactions: [] });
  const open = new OpenMarkets(archive.markets);
  open.advanceTo(at(count));
  return open.numbers.map((number) => archive.markets[number]?.market.id ?? '');
}

describe('a market is open', () => {
  it('from the instant of its creation', () => {
    const market = archived('a', { createdAt: minute(10) });
    expect(openAt([market], 9)).toEqual([]);
    expect(openAt([market], 10)).toEqual(['a']);
  });

  it('until, but not at, the instant it resolves', () => {
    const market = archived('a', { resolvesAt: minute(20) });
    expect(openAt([market], 19)).toEqual(['a']);
    expect(openAt([market], 20)).toEqual([]);
  });

  it('until it was closed or resolved, if that is earlier', () => {
    const closed = archived('a', { resolvesAt: minute(20) }, { closedAt: minute(5) });
    const resolved = archived('b', {}, { resolvedAt: minute(7) });
    expect(openAt([closed, resolved], 4)).toEqual(['a', 'b']);
    expect(openAt([closed, resolved], 5)).toEqual(['b']);
    expect(openAt([closed, resolved], 7)).toEqual([]);
  });

  it('without end when the archive has a status but no end time', () => {
    expect(openAt([archived('a', { status: 'RESOLVED' })], 1_000_000)).toEqual(['a']);
  });

  it('never when it ends before its creation', () => {
    const market = archived('a', { createdAt: minute(10), resolvesAt: minute(10) });
    expect(openAt([market], 10)).toEqual([]);
    expect(openAt([archived('b', { createdAt: minute(10) }, { closedAt: minute(3) })], 11)).toEqual([]);
  });
});

const life = fc.record({ createdAtMs: fc.nat(50), endsAtMs: fc.oneof(fc.nat(50), fc.constant(Infinity)) });

describe('open markets', () => {
  it('are exactly those open at the instant, ascending, and the same array until the set changes', () => {
    fc.assert(
      fc.property(
        fc.array(life, { maxLength: 12 }),
        fc.array(fc.nat(10), { maxLength: 10 }),
        (markets, steps) => {
          const open = new OpenMarkets(markets);
          let nowMs = 0;
          for (const step of [0, ...steps]) {
            const before = open.numbers;
            nowMs += step;
            open.advanceTo(nowMs);
            const expected = [...markets.keys()].filter((number) => {
              const life = markets[number];
              return life !== undefined && isOpenAt(life, nowMs);
            });
            expect(open.numbers).toEqual(expected);
            if (step === 0 && nowMs > 0) expect(open.numbers).toBe(before);
          }
        },
      ),
    );
  });
});
