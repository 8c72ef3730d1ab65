import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { emptySnapshot, patchSnapshot } from '../../../src/catalog/catalog-snapshot.js';
import type { Market } from '../../../src/catalog/market.js';
import { MarketMoves, type MarketsMoved } from '../../../src/live/market-moves.js';
import type { PacedStream } from '../../../src/live/paced-stream.js';
import { storedMarket } from '../../support/stored-market.js';

/** Moves of a catalog that holds the open markets in memory, and others in a store that is asked. */
function movesOver(markets: readonly Market[]) {
  const stored = new Map(markets.map((market) => [market.id, market]));
  const findByIds = vi.fn((ids: readonly string[]) => Promise.resolve(ids.map((id) => stored.get(id))));
  const moves = new MarketMoves({
    catalog: { snapshot: patchSnapshot(emptySnapshot, markets, 1n), findByIds },
    clock: () => 0,
    pauseMs: 1_000,
  });
  return { moves, findByIds };
}

/** The next message as far as it differs between markets. */
async function told(stream: PacedStream<MarketsMoved>): Promise<unknown[] | undefined> {
  const { value } = await stream.next();
  return value?.moves.map(({ market, probabilityBefore, probability, statusBefore }) => [
    market.id,
    ...[probabilityBefore, probability, statusBefore, market.status],
  ]);
}

describe('market moves', () => {
  it('are told against what was last told', async () => {
    const { moves } = movesOver([storedMarket('a', { probability: 0.1 })]);
    const stream = await moves.follow(['a']);
    moves.changed([storedMarket('a', { probability: 0.2 })]);
    expect(await told(stream)).toEqual([['a', 0.1, 0.2, 'OPEN', 'OPEN']]);
    moves.changed([storedMarket('a', { probability: 0.3 })]);
    moves.changed([storedMarket('a', { probability: 0.4, status: 'CLOSED' })]);
    expect(await told(stream)).toEqual([['a', 0.2, 0.4, 'OPEN', 'CLOSED']]);
  });

  it('that were taken back before they were told are not told', async () => {
    const { moves } = movesOver([storedMarket('a', { probability: 0.1 }), storedMarket('b')]);
    const stream = await moves.follow(['a', 'b']);
    moves.changed([storedMarket('a', { probability: 0.2 })]);
    moves.changed([storedMarket('a', { probability: 0.1 })]);
    moves.changed([storedMarket('b', { probability: 0.9 })]);
    expect(await told(stream)).toEqual([['b', 0.5, 0.9, 'OPEN', 'OPEN']]);
  });

  it('of a market that is not open are told against what is stored', async () => {
    const { moves, findByIds } = movesOver([
      storedMarket('open'),
      storedMarket('over', { status: 'CLOSED', probability: 0.7 }),
    ]);
    const stream = await moves.follow(['open', 'over']);
    expect(findByIds.mock.calls).toEqual([[['over']]]);
    moves.changed([storedMarket('over', { status: 'CLOSED', probability: 0.7, title: 'Another title?' })]);
    moves.changed([storedMarket('over', { status: 'RESOLVED', probability: 1 })]);
    expect(await told(stream)).toEqual([['over', 0.7, 1, 'CLOSED', 'RESOLVED']]);
  });

  it('are told of a market that comes to be', async () => {
    const { moves } = movesOver([]);
    const stream = await moves.follow(['new']);
    moves.changed([storedMarket('new', { probability: null })]);
    expect(await told(stream)).toEqual([['new', null, null, null, 'OPEN']]);
  });

  it('are told that came while it was being read how the market stood', async () => {
    const { moves, findByIds } = movesOver([]);
    const reading = Promise.withResolvers<undefined[]>();
    findByIds.mockReturnValueOnce(reading.promise);
    const following = moves.follow(['a']);
    moves.changed([storedMarket('a', { probability: 0.3 })]);
    reading.resolve([undefined]);
    const stream = await following;
    expect(await told(stream)).toEqual([['a', null, 0.3, null, 'OPEN']]);
    moves.changed([storedMarket('a', { probability: 0.4 })]);
    expect(await told(stream)).toEqual([['a', 0.3, 0.4, 'OPEN', 'OPEN']]);
  });

  it('take no more room once nobody follows, nor after a reading that failed', async () => {
    const { moves, findByIds } = movesOver([storedMarket('a')]);
    const [one, other] = [await moves.follow(['a']), await moves.follow(['a'])];
    await one.return();
    expect(moves.followedMarkets).toBe(1);
    await other.return();
    findByIds.mockRejectedValueOnce(new Error('no database'));
    await expect(moves.follow(['a', 'b'])).rejects.toThrow('no database');
    expect(moves.followedMarkets).toBe(0);
  });

  describe('told one after the other', () => {
    const ids = ['a', 'b', 'c'];
    const change = fc.record({
      id: fc.constantFrom(...ids),
      probability: fc.constantFrom(null, 0.1, 0.5, 0.9),
      status: fc.constantFrom<Market['status'][]>('OPEN', 'CLOSED'),
    });
    const step = fc.oneof(fc.constantFrom('ask', 'wait'), fc.array(change, { maxLength: 3 }));
    const standing = ({ probability, status }: Market): unknown[] => [probability, status];

    beforeEach(() => void vi.useFakeTimers());
    afterEach(() => void vi.useRealTimers());

    it('lead from where the markets stood to where they stand', async () => {
      const run = async (steps: readonly (string | Partial<Market>[])[]): Promise<void> => {
        const { moves } = movesOver(ids.map((id) => storedMarket(id)));
        const stream = await moves.follow(ids);
        const actual = new Map(ids.map((id) => [id, standing(storedMarket(id))]));
        const known = new Map(actual);
        let asking = false;
        const ask = async (): Promise<void> => {
          if (asking) return;
          asking = true;
          const { value } = await stream.next();
          asking = false;
          for (const { market, probabilityBefore, statusBefore } of value?.moves ?? []) {
            expect([probabilityBefore, statusBefore]).toEqual(known.get(market.id));
            expect(standing(market)).not.toEqual(known.get(market.id));
            known.set(market.id, standing(market));
          }
        };
        const asked: Promise<void>[] = [];
        for (const each of [...steps, 'wait', 'ask', 'wait', 'ask', 'wait']) {
          if (each === 'ask') asked.push(ask());
          if (Array.isArray(each)) {
            const markets = each.map(({ id = '', ...details }) => storedMarket(id, details));
            moves.changed(markets);
            for (const market of markets) actual.set(market.id, standing(market));
          }
          await vi.advanceTimersByTimeAsync(each === 'wait' ? 600 : 0);
        }
        expect(known).toEqual(actual);
        await stream.return();
        await Promise.all(asked);
      };
      await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 30 }), run), { numRuns: 200 });
    });
  });
});
